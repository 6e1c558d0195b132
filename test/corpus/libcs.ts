/**
 * Other releases' glibc, unpacked beside each other: whatever libc6 the machine's own Debian mirror still serves,
 * fetched by apt with a state of its own, so that the machine's packages stay as they are. Each is a sysroot that
 * gcc can build against, and its loader runs what was built.
 */
import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Unavailable, run } from './commands.ts'
import { alone } from './lock.ts'

/** Debian releases with the glibc each had when this was written. */
export const RELEASES = { bullseye: '2.31', trixie: '2.41', sid: '2.43' } as const
export type Release = keyof typeof RELEASES
export type Machine = 'amd64' | 'arm64'

const PACKAGES = ['libc6', 'libc6-dev', 'linux-libc-dev', 'libcrypt1', 'libgcc-s1']
const TRIPLET = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' } as const
const LOADER = { amd64: 'ld-linux-x86-64.so.2', arm64: 'ld-linux-aarch64.so.1' } as const

export interface Libc {
  sysroot: string
  libraries: string
  /** What makes the compiler link against this libc. */
  flags: string[]
  loader: string
}

const prepared = new Map<string, Promise<Libc>>()

/** Throws Unavailable where the release can't be had. */
export function libc(release: Release, machine: Machine, cache: string): Promise<Libc> {
  const key = `${release}-${machine}`
  const known = prepared.get(key) ?? prepare(release, machine, resolve(cache, 'libcs', key))
  prepared.set(key, known)
  return known
}

function prepare(release: Release, machine: Machine, folder: string): Promise<Libc> {
  return alone(folder, () => prepareAlone(release, machine, folder))
}

async function prepareAlone(release: Release, machine: Machine, folder: string): Promise<Libc> {
  const sysroot = join(folder, 'root')
  const libraries = join(sysroot, 'lib', TRIPLET[machine])
  // -B and -L come before the compiler's own folders, --sysroot alone doesn't.
  const development = join(sysroot, 'usr/lib', TRIPLET[machine])
  const flags = [`--sysroot=${sysroot}`, `-B${development}`, `-L${development}`]
  const answer = { sysroot, libraries, flags, loader: join(libraries, LOADER[machine]) }
  if (existsSync(join(folder, 'complete'))) return answer
  rmSync(folder, { recursive: true, force: true })
  try {
    await unpack(release, machine, folder, sysroot)
  } catch (error) {
    throw new Unavailable(`no libc6 of ${release} for ${machine}: ${String(error).split('\n')[0]}`)
  }
  keepLinksInside(sysroot, join(sysroot, 'usr/lib', TRIPLET[machine]))
  // From trixie on the packages hold usr/lib only; the linker scripts say /lib.
  if (!existsSync(join(sysroot, 'lib'))) symlinkSync('usr/lib', join(sysroot, 'lib'))
  if (machine === 'amd64') {
    rmSync(join(sysroot, 'lib64'), { recursive: true, force: true })
    mkdirSync(join(sysroot, 'lib64'))
    symlinkSync(answer.loader, join(sysroot, 'lib64', LOADER[machine]))
  }
  if (!existsSync(answer.loader)) throw new Unavailable(`${release}'s libc6 for ${machine} has no ${LOADER[machine]}`)
  writeFileSync(join(folder, 'complete'), '')
  return answer
}

async function unpack(release: Release, machine: Machine, folder: string, sysroot: string): Promise<void> {
  const state = join(folder, 'apt')
  mkdirSync(join(state, 'state/lists/partial'), { recursive: true })
  mkdirSync(join(state, 'cache/archives/partial'), { recursive: true })
  mkdirSync(sysroot, { recursive: true })
  writeFileSync(join(state, 'status'), '')
  writeFileSync(join(state, 'sources.list'), `deb ${await mirror()} ${release} main\n`)
  const options = Object.entries({
    'Dir::Etc::sourcelist': join(state, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': join(state, 'state'),
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
    'APT::Architecture': machine,
    'APT::Architectures': machine,
    'APT::Sandbox::User': 'root',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  await run('apt-get', [...options, 'update'])
  await run('apt-get', [...options, 'download', ...PACKAGES], state)
  for (const file of readdirSync(state)) if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', join(state, file), sysroot])
  rmSync(state, { recursive: true })
}

/** Links such as libpthread.so → /lib/…/libpthread.so.0 would lead to the machine's own library. */
function keepLinksInside(sysroot: string, folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue
    const link = join(folder, entry.name)
    const target = readlinkSync(link)
    if (!target.startsWith('/')) continue
    unlinkSync(link)
    symlinkSync(join(sysroot, target), link)
  }
}

/** The archive this machine's apt is set up for. */
export async function mirror(): Promise<string> {
  const lines = await run('apt-get', ['indextargets', '--format', '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)', 'Created-By: Packages'])
  const found = /^Debian Debian main (\S+)$/m.exec(lines)
  if (found === null) throw new Unavailable("apt's sources name no Debian archive")
  return found[1] ?? ''
}
