/**
 * What would tell more of a module, as one sentence, and the commands that get it. They ask by build-id, which is exact
 * whatever the package is called, and put the file where corelens looks: into the cache folder of debuginfod's client.
 * Nothing but hex digits of a build-id goes into a command, so no name in a core can. corelens itself asks no server.
 */
import type { ModuleRow } from '../../contract/rows.ts'
import type { DebugAltLink } from '../elf/debugLinks.ts'

/** Each distribution's own server; `debuginfod-find` is in the packages debuginfod (Debian, Ubuntu) and elfutils-debuginfod-client. */
const SERVERS = [
  ['Debian', 'https://debuginfod.debian.net'],
  ['Ubuntu', 'https://debuginfod.ubuntu.com'],
  ['Fedora', 'https://debuginfod.fedoraproject.org'],
] as const

interface Known {
  path: string
  buildId: string
  file: string
  state: ModuleRow['debug']
  /** Its own file has no .symtab. */
  isStripped: boolean
  /** It has a .gnu_debuglink. */
  linked: boolean
  /** dwz's file, where it is wanted and not there. */
  dwz: DebugAltLink | null
}

export function whatIsMissing(known: Known): Pick<ModuleRow, 'missing' | 'getIt'> {
  const { path, buildId, file, state, dwz } = known
  if (path === '' && file === '') return { missing: '', getIt: [] }
  if (state === 'full') {
    if (!dwz) return { missing: '', getIt: [] }
    return { missing: 'the file that dwz moved shared types to was not found', getIt: commands('debuginfo', dwz.buildId) }
  }
  if (buildId === '') {
    if (file === '') return { missing: 'its file was not found, and it has no build-id to look for it by', getIt: [] }
    return { missing: known.linked ? 'its separate debug file was not found' : 'its file has no debug information', getIt: [] }
  }
  if (file !== '' && !known.isStripped && !known.linked) return { missing: 'it was built without debug information (-g)', getIt: [] }
  if (file === '') return { missing: 'neither its file nor its debug file was found', getIt: [...commands('executable', buildId), ...commands('debuginfo', buildId)] }
  return { missing: 'its separate debug file was not found', getIt: commands('debuginfo', buildId) }
}

function commands(what: 'debuginfo' | 'executable', buildId: string): ModuleRow['getIt'] {
  if (!/^[0-9a-f]{4,128}$/.test(buildId)) return []
  return SERVERS.map(([on, url]) => ({ on, command: `DEBUGINFOD_URLS=${url} debuginfod-find ${what} ${buildId}` }))
}
