/**
 * One program's debug information, stored in every way that compilers, linkers and distributions have: each must give the
 * table of the plain one. What a tool of this machine can't make is Unavailable, with its reason.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Unavailable, run, tool } from '../commands.ts'
import { build, kept, recipeOf, sourcesOf } from './build.ts'
import { buildIdOfFile } from './ours.ts'
import { type Subject, programNamed, subject } from './subjects.ts'

export interface Made {
  file: string
  /** Folders to look for debug files in. */
  debug: string[]
  /** What must be there, or the variant is not what its name says: text of `readelf -SW` of `of`. */
  holds: { of: string; section: RegExp }
}

export interface Variant {
  name: string
  plain: Subject
  /** Made from the plain file, not compiled again: the tables must not differ in anything. */
  same: boolean
  /** The linker leaves out variables that nothing uses. */
  losesVariables?: boolean
  /** What its version of DWARF can't say is said in another way. */
  alike?: (form: string) => string
  /** What makes it, so that a change makes it anew. */
  recipe: string
  make(folder: string): Promise<Made>
}

type Family = 'gcc' | 'clang'

const plainOf = (program: string, family: Family, version: string): Subject => subject(programNamed(program), family, `v${version}-o2`, [`-gdwarf-${version}`, '-O2'])

/** Built as the plain one is, with more flags, in the variant's folder. */
async function rebuilt(plain: Subject, flags: string[], folder: string): Promise<string> {
  const file = join(folder, 'program')
  try {
    await run(plain.compiler, [...plain.flags, ...flags, ...sourcesOf(plain), '-o', file], folder)
  } catch (error) {
    if (/unrecognized|unknown argument|not supported|unsupported/.test(String(error))) throw new Unavailable(`${plain.compiler} knows no ${flags.join(' ')}`)
    throw error
  }
  return file
}

async function copied(plain: Subject, folder: string): Promise<string> {
  const file = join(folder, 'program')
  copyFileSync(await build(plain), file)
  return file
}

function compiled(name: string, plain: Subject, flags: string[], section: RegExp): Variant {
  return { name: `${plain.name}-${name}`, plain, same: false, recipe: flags.join(' '), make: async (folder) => {
    const file = await rebuilt(plain, flags, folder)
    return { file, debug: [], holds: { of: file, section } }
  } }
}

/** Debug information of the plain file in a file of its own, `program` stripped. */
function separate(name: string, plain: Subject, place: (folder: string, file: string, debugFile: string) => Promise<Made>): Variant {
  return { name: `${plain.name}-${name}`, plain, same: true, recipe: place.toString(), make: async (folder) => {
    const file = await copied(plain, folder)
    const debugFile = join(folder, 'program.debug')
    await run('objcopy', ['--only-keep-debug', file, debugFile])
    await run('strip', ['-g', file])
    return place(folder, file, debugFile)
  } }
}

async function inBuildIdTree(folder: string, file: string, debugFile: string): Promise<Made> {
  const id = buildIdOfFile(file)
  if (id === '') throw new Unavailable('the linker writes no build-id')
  const target = join(folder, 'debug/.build-id', id.slice(0, 2), `${id.slice(2)}.debug`)
  move(debugFile, target)
  return { file, debug: [join(folder, 'debug')], holds: { of: target, section: /\.debug_info/ } }
}

async function byLink(folder: string, file: string, debugFile: string): Promise<Made> {
  // Without a build-id the CRC has to do.
  await run('objcopy', ['--remove-section', '.note.gnu.build-id', file])
  await run('objcopy', [`--add-gnu-debuglink=${debugFile}`, file], folder)
  const target = join(folder, '.debug/program.debug')
  move(debugFile, target)
  return { file, debug: [], holds: { of: file, section: /\.gnu_debuglink/ } }
}

async function besideByLink(folder: string, file: string, debugFile: string): Promise<Made> {
  await run('objcopy', [`--add-gnu-debuglink=${debugFile}`, file], folder)
  return { file, debug: [], holds: { of: debugFile, section: /\.debug_info/ } }
}

function move(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to)
  rmSync(from)
}

/** Split units beside the program, where the compiler left them. */
function split(name: string, plain: Subject, flags: string[] = []): Variant {
  return compiled(name, plain, ['-gsplit-dwarf', ...flags], /\.debug_addr/)
}

/** Split units in one package; the .dwo files are gone. */
function packed(packer: 'dwp' | 'llvm-dwp', plain: Subject): Variant {
  return { name: `${plain.name}-${packer}`, plain, same: false, recipe: packer, make: async (folder) => {
    const path = tool(packer)
    const file = await rebuilt(plain, ['-gsplit-dwarf'], folder)
    try {
      await run(path, ['-e', file, '-o', `${file}.dwp`], folder)
    } catch (error) {
      throw new Unavailable(`this ${packer} fails on it: ${String(error).split('\n').slice(1).join(' ').slice(0, 120) || 'it says nothing'}`)
    }
    await run('find', [folder, '-name', '*.dwo', '-delete'])
    return { file, debug: [], holds: { of: `${file}.dwp`, section: /\.debug_cu_index/ } }
  } }
}

function dwz(plain: Subject): Variant {
  return { name: `${plain.name}-dwz`, plain, same: true, recipe: 'dwz', make: async (folder) => {
    const file = await copied(plain, folder)
    await run('dwz', [file])
    return { file, debug: [], holds: { of: file, section: /\.debug_info/ } }
  } }
}

/** Two programs share what dwz moves into a third file. */
function multifile(plain: Subject, other: Subject): Variant {
  return { name: `${plain.name}-dwz-multifile`, plain, same: true, recipe: other.name, make: async (folder) => {
    const file = await copied(plain, folder)
    const second = join(folder, 'second')
    copyFileSync(await build(other), second)
    await run('dwz', ['-m', join(folder, 'common'), '-M', 'common', file, second], folder)
    if (!existsSync(join(folder, 'common'))) throw new Unavailable('dwz found nothing in common')
    return { file, debug: [], holds: { of: file, section: /\.gnu_debugaltlink/ } }
  } }
}

function compressed(how: 'zlib' | 'zlib-gnu' | 'zstd', plain: Subject): Variant {
  return { name: `${plain.name}-${how}`, plain, same: true, recipe: how, make: async (folder) => {
    const file = await copied(plain, folder)
    await run('objcopy', [`--compress-debug-sections=${how}`, file]).catch((error: unknown) => {
      throw new Unavailable(`objcopy has no ${how}: ${String(error).slice(0, 80)}`)
    })
    return { file, debug: [], holds: { of: file, section: how === 'zlib-gnu' ? /\.zdebug_info/ : /\.debug_info.* C / } }
  } }
}

const shapes = (family: Family, version: string): Subject => plainOf('shapes', family, version)
const records = (family: Family, version: string): Subject => plainOf('records', family, version)

export const VARIANTS: Variant[] = [
  separate('build-id-tree', shapes('gcc', '5'), inBuildIdTree),
  separate('debuglink-crc', shapes('gcc', '5'), byLink),
  separate('debuglink-beside', records('clang', '4'), besideByLink),
  ...(['gcc', 'clang'] as const).flatMap((family) => ['4', '5'].flatMap((version) => [
    split('dwo', shapes(family, version)),
    split('dwo', records(family, version)),
    split('dwo-type-units', shapes(family, version), ['-fdebug-types-section']),
    packed('dwp', shapes(family, version)),
    packed('llvm-dwp', shapes(family, version)),
    compiled('type-units', shapes(family, version), ['-fdebug-types-section'], version === '4' ? /\.debug_types/ : /\.debug_info/),
    // clang makes type units of C++ only
    ...(family === 'gcc' ? [compiled('type-units', records(family, version), ['-fdebug-types-section'], version === '4' ? /\.debug_types/ : /\.debug_info/)] : []),
    compiled('dwarf64', shapes(family, version), ['-gdwarf64'], /\.debug_info/),
  ])),
  ...(['zlib', 'zlib-gnu', 'zstd'] as const).map((how) => compressed(how, shapes('gcc', '5'))),
  compressed('zstd', records('clang', '4')),
  dwz(shapes('gcc', '5')),
  dwz(shapes('gcc', '4')),
  dwz(plainOf('containers', 'gcc', '5')),
  dwz(shapes('clang', '4')),
  multifile(shapes('gcc', '5'), plainOf('containers', 'gcc', '5')),
  multifile(plainOf('containers', 'gcc', '4'), shapes('gcc', '4')),
  { ...compiled('lto', records('gcc', '5'), ['-flto'], /\.debug_info/), losesVariables: true },
  { ...compiled('lto', shapes('gcc', '5'), ['-flto'], /\.debug_info/), losesVariables: true },
  ...['2', '3'].flatMap((version) => [
    compiled(`version-${version}`, records('gcc', '4'), [`-gdwarf-${version}`], /\.debug_info/),
    { ...compiled(`version-${version}`, shapes('gcc', '4'), [`-gdwarf-${version}`], /\.debug_info/), alike: withoutRvalues },
    compiled(`version-${version}`, records('clang', '4'), [`-gdwarf-${version}`], /\.debug_info/),
  ]),
]

/** DW_TAG_rvalue_reference_type came with DWARF 4. */
function withoutRvalues(form: string): string {
  return form.replaceAll('"rvalueReference"', '"reference"')
}

/** Throws Unavailable where this machine can't make it. */
export async function makeVariant(variant: Variant): Promise<Made> {
  const note = await kept(`variant-${variant.name}`, `${variant.recipe} ${recipeOf(variant.plain)} ${variant.make.toString()}`, async (folder) => {
    const made = await variant.make(folder)
    const sections = await run('readelf', ['-SW', made.holds.of])
    if (!made.holds.section.test(sections)) throw new Unavailable(`the tools wrote no ${made.holds.section.source} for it`)
    writeFileSync(join(folder, 'variant.json'), JSON.stringify({ file: made.file, debug: made.debug }))
    return join(folder, 'variant.json')
  })
  return JSON.parse(readFileSync(note, 'utf8')) as Made
}
