/** `summary` as text for people and as the JSON that scripts rely on. */
import type { CoreSummary, ModuleRow } from '../../contract/rows.ts'
import type { ThreadStack } from '../../contract/stackRows.ts'
import { hex } from '../../engine/bytes/units.ts'
import { missingText } from './missingOutput.ts'
import { stackJson, stacksText } from './stacksOutput.ts'
import { grouped, humanBytes, percent, printable, textTable } from './textTable.ts'

/** @param stacks one for each thread */
export function summaryJson(summary: CoreSummary, stacks: ThreadStack[]): object {
  return {
    path: summary.path,
    fileSize: summary.fileSize,
    process: { ...summary.process, faultAddress: summary.process.faultAddress === null ? null : hex(summary.process.faultAddress) },
    threads: summary.threads.map((thread, i) => ({ ...thread, ...(i < stacks.length ? stackJson(stacks[i]) : {}) })),
    modules: summary.modules.map((module) => ({ ...module, base: hex(module.base), end: hex(module.end) })),
    accounting: Object.fromEntries(summary.accounting.rows.map(({ kind, bytes }) => [kind, bytes])),
    mapped: summary.accounting.mapped,
    allocators: summary.allocators,
    diagnostics: summary.diagnostics,
    timings: Object.fromEntries(summary.timings.map(({ stage, seconds }) => [stage, seconds])),
    peakMemoryBytes: summary.peakMemoryBytes,
    cached: summary.cached,
  }
}

export function summaryText(summary: CoreSummary, stacks: ThreadStack[]): string {
  const { process } = summary
  const fault = process.faultAddress === null ? '' : ` at ${hex(process.faultAddress)}`
  const signal = process.signal === 0 ? 'none' : `${process.signalName}${fault}`
  return [
    [
      `core      ${printable(summary.path)} (${humanBytes(summary.fileSize)}, written by ${process.writer === 'unknown' ? 'a program corelens does not know' : process.writer})`,
      `process   ${process.pid} ${printable(process.command)}, ${process.machine}`,
      `command   ${printable(process.args)}`,
      `signal    ${signal}`,
      '',
    ].join('\n'),
    section(`threads: ${grouped(summary.threads.length)}`, threads(summary)),
    stacks.length === 0 ? '' : section('stacks', stacksText(stacks)),
    section(`modules: ${grouped(summary.modules.length)}`, modules(summary)),
    summary.modules.some((m) => m.missing !== '') ? section('missing debug information', missingText(summary.modules)) : '',
    section(`memory: ${humanBytes(summary.accounting.mapped)} mapped`, accounting(summary)),
    section('allocators', allocators(summary)),
    summary.diagnostics.length === 0 ? '' : section(`diagnostics: ${grouped(summary.diagnostics.length)}`, diagnostics(summary)),
    `time      ${summary.timings.map(({ stage, seconds }) => `${stage} ${seconds.toFixed(2)} s`).join(', ')}${summary.cached ? ' (from the cache)' : ''}\n`,
    `memory    ${humanBytes(summary.peakMemoryBytes)} at most\n`,
  ].join('')
}

function section(title: string, body: string): string {
  return `\n${title}\n${body.replace(/^(?=.)/gm, '  ')}\n`
}

/** More would bury the rest; --json has them all. */
const LISTED = 20

function threads({ threads }: CoreSummary): string {
  const table = textTable(
    [{ title: 'TID', align: 'right' }, { title: 'PC', align: 'right' }, { title: 'SP', align: 'right' }, { title: 'MODULE', align: 'left' }],
    threads.slice(0, LISTED).map((thread) => [String(thread.tid), thread.pc, thread.sp, thread.module + (thread.crashed ? '  ← took the signal' : '')]),
  )
  return threads.length > LISTED ? `${table}… and ${grouped(threads.length - LISTED)} more\n` : table
}

function modules({ modules }: CoreSummary): string {
  return textTable(
    [{ title: 'BASE', align: 'right' }, { title: 'DEBUG', align: 'left' }, { title: 'BUILD-ID', align: 'left' }, { title: 'PATH', align: 'left' }],
    modules.map((module) => [hex(module.base), module.debug, module.buildId.slice(0, 12) || '-', module.path + served(module)]),
  )
}

/** Where its names come from, as far as it isn't its own path. */
function served({ path, file, debugFiles }: ModuleRow): string {
  if (file === '' && debugFiles.length === 0) return path.startsWith('[') ? '' : '  (file not found)'
  return [...(file === path || file === '' ? [] : [file]), ...debugFiles].map((used) => `  + ${used}`).join('')
}

function accounting({ accounting }: CoreSummary): string {
  return textTable(
    [{ title: 'KIND', align: 'left' }, { title: 'BYTES', align: 'right' }, { title: 'SHARE', align: 'right' }, { title: 'RANGES', align: 'right' }],
    accounting.rows
      .filter(({ bytes }) => bytes > 0)
      .map(({ kind, bytes, ranges }) => [kind, humanBytes(bytes), percent(bytes / Math.max(1, accounting.mapped)), grouped(ranges)]),
  )
}

function allocators({ allocators }: CoreSummary): string {
  if (allocators.length === 0) return 'none found\n'
  return textTable(
    [
      { title: 'ALLOCATOR', align: 'left' },
      { title: 'ARENAS', align: 'right' },
      { title: 'USED', align: 'right' },
      { title: 'BLOCKS', align: 'right' },
      { title: 'FREE', align: 'right' },
      { title: 'BLOCKS', align: 'right' },
      { title: 'OVERHEAD', align: 'right' },
    ],
    allocators.map((row) => [
      row.allocator,
      grouped(row.arenas),
      humanBytes(row.used),
      grouped(row.usedCount),
      humanBytes(row.free),
      grouped(row.freeCount),
      humanBytes(row.overhead),
    ]),
  )
}

function diagnostics({ diagnostics }: CoreSummary): string {
  return diagnostics.map(({ kind, where, offset, message }) => printable(`${kind}: ${where}${offset === null ? '' : ` at ${hex(offset)}`}: ${message}`) + '\n').join('')
}
