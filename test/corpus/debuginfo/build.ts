/** Builds a subject, lazily: kept in the corpus's cache folder under `debuginfo/`, and built anew when its recipe changes. */
import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Unavailable, run } from '../commands.ts'
import { alone } from '../lock.ts'
import { corpusFolder } from '../make.ts'
import { RECIPES, sourceOf } from './projects.ts'
import type { Subject } from './subjects.ts'

const programs = join(import.meta.dirname, 'programs')
const PARALLEL = 2

export function debugInfoFolder(): string {
  return join(corpusFolder(), 'debuginfo')
}

/** The path of the built ELF file. Throws Unavailable where this machine can't build it. */
export function build(subject: Subject): Promise<string> {
  return kept(subject.name, recipeOf(subject), async (folder) => {
    const file = join(folder, 'program')
    if (subject.project !== null) await buildProject(subject, folder, file)
    else if (subject.compiler === 'rustc') await rustc([...subject.flags, ...sourcesOf(subject), '-o', file], folder)
    else await run(subject.compiler, [...subject.flags, ...sourcesOf(subject), '-o', file], folder)
    return file
  })
}

/** What `make` makes in a folder of its own, kept until the recipe is another. `make` answers a path in that folder. */
export function kept(name: string, recipe: string, make: (folder: string) => Promise<string>): Promise<string> {
  const folder = join(debugInfoFolder(), name)
  return alone(folder, async () => {
    const note = join(folder, 'made.json')
    if (existsSync(note)) {
      const made = JSON.parse(readFileSync(note, 'utf8')) as { recipe: string; file: string }
      if (made.recipe === recipe && existsSync(made.file)) return made.file
    }
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const file = await make(folder)
    writeFileSync(note, JSON.stringify({ recipe, file }))
    return file
  })
}

export function sourcesOf(subject: Subject): string[] {
  return subject.sources.map((name) => join(programs, name))
}

export function recipeOf(subject: Subject): string {
  const hash = createHash('sha256').update(JSON.stringify(subject))
  for (const name of readdirSync(programs).sort()) if (subject.sources.includes(name) || name.endsWith('.h')) hash.update(readFileSync(join(programs, name)))
  return hash.digest('hex')
}

async function buildProject(subject: Subject, folder: string, file: string): Promise<void> {
  const project = subject.project ?? 'zlib'
  const recipe = RECIPES[project]
  const tree = await sourceOf(project, debugInfoFolder())
  const sources = recipe.folders.flatMap((name) => readdirSync(join(tree, name)).filter((f) => recipe.file.test(f) && !recipe.without.test(f)).map((f) => join(name, f)))
  const objects = sources.map((source) => join(folder, `${source.replaceAll('/', '-')}.o`))
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < sources.length) {
      const i = next++
      await run(subject.compiler, [...subject.flags, ...recipe.flags, '-c', sources[i], '-o', objects[i]], tree)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
  await run(subject.compiler, [...subject.flags, ...objects, ...recipe.link, '-o', file], folder)
  for (const object of objects) rmSync(object)
}

/** rustup's rustc needs its home, which the corpus's bare environment lacks. */
function rustc(args: string[], folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('rustc', args, { cwd: folder, timeout: 300_000 }, (error, _, stderr) => {
      if (error === null) resolve()
      else if ('code' in error && error.code === 'ENOENT') reject(new Unavailable('no rustc on this machine'))
      else reject(new Error(`rustc ${args.join(' ')}\n${stderr.slice(-2000)}`))
    })
  })
}
