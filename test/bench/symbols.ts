/**
 * `npm run bench -- symbols [10m 50m 130m | ELF…]`: a file's debug information into a fresh symbol database, in the same run
 * beside gdb's index, `pahole --sizes` and gdb's first `ptype`, each pair one after the other; then what the database answers.
 * Machines are noisy: read the ratios. PTYPE=0 leaves out gdb's `ptype`, which takes minutes on large files.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ElfFile } from '../../src-main/engine/elf/file.ts'
import { listSymbols } from '../../src-main/storage/symbolStore.ts'
import { symbolsFolder } from '../../src-main/storage/cacheCleanup.ts'
import { moduleFiles } from '../../src-main/storage/moduleFiles.ts'
import { COPIES, benchDebugInfo } from './debugInfo.ts'
import type { FromDatabase } from './fromDatabase.ts'
import { RUNS, medianOf, readOnce, timed, type Measured } from './measure.ts'

const cli = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))
const database = fileURLToPath(new URL('fromDatabase.ts', import.meta.url))
const GDB = ['-batch', '-nx', '-iex', 'set debuginfod enabled off', '-iex', 'set auto-load no']

interface Peer {
  name: string
  command: string
  args: (file: string) => string[]
}

const INDEXERS: Peer[] = [
  { name: 'gdb, its index only', command: 'gdb', args: (file) => [...GDB, '-ex', 'quit', file] },
  { name: 'pahole --sizes', command: 'pahole', args: (file) => ['--sizes', file] },
]

export async function benchSymbols(given: string[]): Promise<void> {
  const growth: string[] = []
  for (const name of given.length > 0 ? given : ['10m']) {
    const file = name in COPIES ? benchDebugInfo(name) : resolve(name)
    const line = bench(file)
    if (line !== '') growth.push(line)
  }
  if (growth.length > 1) console.log(`\ngrowth\n${growth.join('\n')}`)
  return Promise.resolve()
}

/** A line for the table of growth. */
function bench(file: string): string {
  const megabytes = debugInfoBytes(file) / 1e6
  console.log(`\n${basename(file)}: ${(statSync(file).size / 1e6).toFixed(0)} MB, ${megabytes.toFixed(1)} MB of .debug_info; medians of ${RUNS}, pair by pair`)
  if (megabytes === 0) {
    console.log('  has no .debug_info')
    return ''
  }
  readOnce(file) // from here on in the page cache
  const cache = mkdtempSync(join(tmpdir(), 'corelens-bench-'))
  try {
    const ours: Measured[] = []
    const peers = new Map<Peer, Measured[]>()
    for (let run = 0; run < RUNS; run++) {
      for (const peer of INDEXERS) {
        ours.push(indexed(file, cache))
        const measured = byPeer(peer, file)
        if (measured !== null) peers.set(peer, [...(peers.get(peer) ?? []), measured])
      }
    }
    const our = medianOf(ours)
    row('corelens symbols add, fresh database', our, `${(megabytes / our.seconds).toFixed(0)} MB/s of .debug_info, peak ${(our.peakMB / megabytes).toFixed(1)} × .debug_info`)
    for (const peer of INDEXERS) {
      const runs = peers.get(peer)
      if (runs === undefined) console.log(`  ${peer.name}: not on this machine, or it failed`)
      else row(peer.name, medianOf(runs), ratio(medianOf(runs), our))
    }
    const answered = fromDatabase(cache)
    if (answered !== null) {
      console.log(`  from the database: opened in ${answered.openMs.toFixed(1)} ms, first type by name ${answered.firstByNameMs.toFixed(2)} ms, any ${answered.byNameMs.toFixed(3)} ms (slowest ${answered.slowestByNameMs.toFixed(2)}), ${answered.layoutsPerSecond.toFixed(0)} layouts a second; ${answered.types} named types`)
      if (process.env['PTYPE'] !== '0' && answered.name !== '') {
        const ptype = byPeer({ name: `gdb's first ptype (${answered.name})`, command: 'gdb', args: (f) => [...GDB, '-ex', `ptype ${answered.name}`, f] }, file)
        if (ptype === null) console.log('  gdb: not on this machine, or it failed')
        else row(`gdb's first ptype (${answered.name.slice(0, 16)})`, ptype, ratio(ptype, our))
      }
    }
    return `  ${megabytes.toFixed(0).padStart(5)} MB of .debug_info  ${our.seconds.toFixed(2).padStart(7)} s  ${(our.seconds / megabytes * 1000).toFixed(1).padStart(6)} ms a MB  ${our.peakMB.toFixed(0).padStart(6)} MB at most`
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

function row(what: string, measured: Measured, note: string): void {
  console.log(`  ${what.padEnd(38)} ${measured.seconds.toFixed(2).padStart(8)} s ${measured.peakMB.toFixed(0).padStart(7)} MB   ${note}`)
}

const ratio = (theirs: Measured, ours: Measured): string => `${(theirs.seconds / ours.seconds).toFixed(2)} × as long as corelens`

function indexed(file: string, cache: string): Measured {
  rmSync(cache, { recursive: true, force: true })
  return timed(process.execPath, [cli, 'symbols', 'add', file, '--cache', cache, '--quiet'])
}

/** Null where the tool is not there or fails on the file. */
function byPeer(peer: Peer, file: string): Measured | null {
  try {
    return timed(peer.command, peer.args(file))
  } catch {
    return null
  }
}

function fromDatabase(cache: string): FromDatabase | null {
  const folder = symbolsFolder(cache)
  const [entry] = listSymbols(folder)
  if (entry === undefined) {
    console.log('  the database is empty after `symbols add`')
    return null
  }
  const first = askDatabase(folder, entry.identity, '')
  return first === null ? null : askDatabase(folder, entry.identity, first.name)
}

function askDatabase(folder: string, identity: string, name: string): FromDatabase | null {
  const { status, stdout, stderr } = spawnSync(process.execPath, [database, folder, identity, name], { encoding: 'utf8' })
  if (status === 0) return JSON.parse(stdout) as FromDatabase
  console.log(`  the database does not answer: ${stderr.slice(-500)}`)
  return null
}

/** Of the section as it is once decompressed. */
function debugInfoBytes(file: string): number {
  const source = moduleFiles.open(file)
  if (source === null) throw new Error(`${file} can't be opened`)
  try {
    return new ElfFile(source, file).readSections().find((section) => section.name === '.debug_info')?.size ?? 0
  } finally {
    source.close()
  }
}
