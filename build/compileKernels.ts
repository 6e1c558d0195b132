/**
 * Compiles every src-main/engine/kernels/NAME.as.ts into out/kernels/NAME.wasm, when a source is newer, and puts the
 * demangler's module beside them: so all WebAssembly is found in one way, from source, bundle and package.
 *
 * A kernel imports its memory (`env.memory`), which is shared and may grow to 4 GiB. Modules are written aside and
 * renamed, so that two compilations at once never leave half a module.
 */
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of assemblyscript/asc only what is used: its own declarations would redefine `console` for the whole program. */
interface Compiler {
  main(argv: string[]): Promise<{ error: Error | null; stderr: { toString(): string } }>
}

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = join(root, 'src-main', 'engine', 'kernels')
const target = join(root, 'out', 'kernels')
const SUFFIX = '.as.ts'
const DEMANGLER = 'demangle.wasm'
const demangler = createRequire(import.meta.url).resolve('gecko-profiler-demangle/index_bg.wasm')

const OPTIONS = [
  '-O3',
  '--noAssert',
  '--runtime', 'stub',
  '--importMemory',
  '--sharedMemory',
  '--initialMemory', '1',
  '--maximumMemory', '65536',
  '--enable', 'simd',
  '--enable', 'threads',
]

/** Names of the kernels that were compiled; empty where all were up to date. Throws with asc's own message. */
export async function compileKernels(): Promise<string[]> {
  const files = readdirSync(sources, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(SUFFIX))
    .map((entry) => entry.name)
  const newest = Math.max(modified(fileURLToPath(import.meta.url)), ...files.map((file) => modified(join(sources, file))))
  const stale = files
    .map((file) => file.slice(0, -SUFFIX.length))
    .filter((name) => modified(join(target, `${name}.wasm`)) < newest)
  for (const name of stale) await compile(name)
  if (modified(join(target, DEMANGLER)) < modified(demangler)) {
    mkdirSync(target, { recursive: true })
    copyFileSync(demangler, join(target, DEMANGLER))
  }
  return stale
}

async function compile(name: string): Promise<void> {
  const asc = ((await import('assemblyscript/asc' as string)) as { default: Compiler }).default
  mkdirSync(target, { recursive: true })
  const aside = `${name}.${process.pid}.tmp`
  const { error, stderr } = await asc.main([name + SUFFIX, ...OPTIONS, '--baseDir', sources, '--outFile', relative(sources, join(target, aside))])
  if (error !== null) {
    rmSync(join(target, aside), { force: true })
    throw new Error(`${name}${SUFFIX} does not compile: ${stderr.toString()}`)
  }
  renameSync(join(target, aside), join(target, `${name}.wasm`))
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

if (import.meta.main) {
  const compiled = await compileKernels()
  console.log(compiled.length === 0 ? 'kernels are up to date' : `compiled ${compiled.join(', ')}`)
}
