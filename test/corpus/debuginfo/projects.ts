/**
 * Real projects' sources, by apt from the machine's own Debian mirror with a state of its own (deb-src need not be set up):
 * which of their files make a program or a library without their build systems. What can't be had is Unavailable.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Unavailable, run } from '../commands.ts'
import { mirror } from '../libcs.ts'
import { alone } from '../lock.ts'
import type { Subject } from './subjects.ts'

type Project = NonNullable<Subject['project']>

interface Recipe {
  /** Folders of the source tree whose files are compiled. */
  folders: string[]
  file: RegExp
  without: RegExp
  flags: string[]
  link: string[]
  /** What its own build system would write first. */
  written: Record<string, string>
}

export const RECIPES: Record<Project, Recipe> = {
  'lua5.4': { folders: ['src'], file: /\.c$/, without: /^(luac)\.c$/, flags: ['-DLUA_USE_POSIX'], link: ['-lm'], written: { 'src/lua5.4-deb-multiarch.h': '#define DEB_HOST_MULTIARCH "x86_64-linux-gnu"\n' } },
  zlib: { folders: ['.'], file: /\.c$/, without: /^(example|minigzip|maketree)/, flags: ['-fPIC', '-D_LARGEFILE64_SOURCE=1', '-DHAVE_UNISTD_H'], link: ['-shared'], written: {} },
  leveldb: {
    folders: ['db', 'table', 'util'],
    file: /\.cc$/,
    without: /_test|testutil|windows|leveldbutil|bench/,
    flags: ['-fPIC', '-std=c++17', '-Iinclude', '-I.', '-DLEVELDB_PLATFORM_POSIX=1', '-DHAVE_FDATASYNC=1', '-pthread'],
    link: ['-shared', '-pthread'],
    written: {},
  },
}

/** The folder of the unpacked source. */
export function sourceOf(project: Project, cache: string): Promise<string> {
  const folder = join(cache, `source-${project}`)
  return alone(folder, () => fetchSource(project, folder))
}

async function fetchSource(project: Project, folder: string): Promise<string> {
  const done = join(folder, 'tree')
  if (existsSync(done)) return done
  rmSync(folder, { recursive: true, force: true })
  const state = join(folder, 'apt')
  mkdirSync(join(state, 'state/lists/partial'), { recursive: true })
  mkdirSync(join(state, 'cache/archives/partial'), { recursive: true })
  try {
    const release = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? ''
    writeFileSync(join(state, 'status'), '')
    writeFileSync(join(state, 'sources.list'), `deb-src ${await mirror()} ${release} main\n`)
    const options = Object.entries({
      'Dir::Etc::sourcelist': join(state, 'sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::State': join(state, 'state'),
      'Dir::State::status': join(state, 'status'),
      'Dir::Cache': join(state, 'cache'),
      'APT::Sandbox::User': 'root',
    }).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    await run('apt-get', [...options, 'update'])
    await run('apt-get', [...options, 'source', project], folder)
  } catch (error) {
    throw new Unavailable(`no source of ${project}: ${String(error).split('\n')[0]}`)
  }
  rmSync(state, { recursive: true })
  const tree = readdirSync(folder, { withFileTypes: true }).find((entry) => entry.isDirectory())
  if (tree === undefined) throw new Unavailable(`the source of ${project} unpacks to nothing`)
  for (const [name, text] of Object.entries(RECIPES[project].written)) writeFileSync(join(folder, tree.name, name), text)
  renameSync(join(folder, tree.name), done)
  return done
}
