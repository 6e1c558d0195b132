/** The summary of the stand-in's big core: a backend of 100 threads and 300 modules killed by SIGSEGV, every diagnostic kind. */

import { hex } from '../../src-renderer/format/addresses.ts'
import type { CoreSummary, DiagnosticRow, ModuleRow, RangeRow, ThreadRow } from '../../src-main/contract/rows.ts'
import { accountingOf, buildRanges, type HeapTotals } from './fakeRanges.ts'

const LIBRARIES = ['libc.so.6', 'libstdc++.so.6', 'libssl.so.3', 'libcrypto.so.3', 'libprotobuf.so.32', 'libpthread.so.0', 'libm.so.6', 'libz.so.1', 'libzstd.so.1', 'libnghttp2.so.14', 'ld-linux-x86-64.so.2']

const THREADS = 100
const MODULES = 300
const DAMAGED_CHUNKS = 40
/** The executable and libraries whose debug information is there. */
export const DWARF_MODULES = 12

export function buildSummary(file: string, path: string, top: { count: number; bytes: number }): { summary: CoreSummary; ranges: RangeRow[] } {
  const heap: HeapTotals = { used: top.bytes, free: 611_004_416, overhead: 93_118_464 }
  const threadRows = threads()
  const moduleRows = modules()
  const ranges = buildRanges(heap, moduleRows, threadRows)
  const summary: CoreSummary = {
    core: `core:${file}`,
    path,
    fileSize: 4_712_345_600,
    process: {
      pid: 4711,
      command: 'orders-backend',
      args: '/opt/orders/bin/orders-backend --config /etc/orders/prod.yaml --shard 7 --lis',
      signal: 11,
      signalName: 'SIGSEGV',
      faultAddress: 0x18,
      machine: 'x86-64',
      writer: 'kernel',
    },
    threads: threadRows,
    modules: moduleRows,
    accounting: accountingOf(ranges, heap),
    allocators: [
      { allocator: 'glibc', arenas: 13, usedCount: top.count - 41, used: top.bytes - 88_080_384, freeCount: 1_204_332, free: 611_004_416, overhead: 93_118_000 },
      { allocator: 'mmap', arenas: 1, usedCount: 41, used: 88_080_384, freeCount: 0, free: 0, overhead: 464 },
    ],
    diagnostics: diagnostics(),
    timings: [
      { stage: 'open', seconds: 0.31 },
      { stage: 'arenas', seconds: 0.04 },
      { stage: 'blocks', seconds: 3.92 },
      { stage: 'types', seconds: 2.18 },
      { stage: 'store', seconds: 0.57 },
    ],
    peakMemoryBytes: 512_000_000,
    cached: false,
  }
  return { summary, ranges }
}

function threads(): ThreadRow[] {
  return Array.from({ length: THREADS }, (_, i) => ({
    tid: 4711 + i * 3,
    crashed: i === 0,
    signal: i === 0 ? 11 : 0,
    pc: hex(0x7f3c_9a01_2200 + i * 0x11),
    sp: hex(0x7f3c_0000_2000 + i * 0x80_1000),
    tp: hex(0x7f3c_0080_0740 + i * 0x80_1000),
    module: i % 4 === 0 ? '/opt/orders/bin/orders-backend' : '/usr/lib/x86_64-linux-gnu/libc.so.6',
  }))
}

function modules(): ModuleRow[] {
  const main: ModuleRow = { path: '/opt/orders/bin/orders-backend', buildId: 'a3f1c09e5b7d4412aa0917ce55d0b2f1e8c64d21', base: 0x55cc_ba00_0000, end: 0x55cc_bc40_0000, debug: 'full', file: '/opt/orders/bin/orders-backend', debugFiles: ['/usr/lib/debug/.build-id/a3/f1c09e5b7d4412aa0917ce55d0b2f1e8c64d21.debug', '/usr/lib/debug/.dwz/orders'], missing: '', getIt: [] }
  const plugins = Array.from({ length: MODULES - 1 - LIBRARIES.length }, (_, i) => `liborders-plugin-with-a-name-as-long-as-they-get-${i}.so.${i % 4}`)
  const libraries = [...LIBRARIES, ...plugins].map((name, i): ModuleRow => ({
    path: `${i < LIBRARIES.length ? '/usr/lib/x86_64-linux-gnu' : '/opt/orders/lib/plugins/enabled/2026-11'}/${name}`,
    buildId: i === 7 ? '' : `${(0x51ab3c + i * 7919).toString(16)}d9e0f1a2b3c4d5e6f708192a3b4c5d6e`,
    base: 0x7f3c_9a00_0000 + i * 0x40_0000,
    end: 0x7f3c_9a20_0000 + i * 0x40_0000,
    debug: i < DWARF_MODULES - 1 ? 'full' : i % 3 === 0 ? 'symbols' : 'none',
    file: i % 4 === 3 ? '' : `/usr/lib/x86_64-linux-gnu/${name}`,
    debugFiles: i === 0 ? ['/usr/lib/debug/.build-id/51/ab3cd9e0f1a2b3c4d5e6f708192a3b4c5d6e.debug'] : [],
    ...missingOf(name, i),
  }))
  return [main, ...libraries]
}

function missingOf(name: string, i: number): Pick<ModuleRow, 'missing' | 'getIt'> {
  if (i < DWARF_MODULES - 1 && i % 4 !== 3) return { missing: '', getIt: [] }
  const stem = name.replace(/\.so.*/, '')
  if (i >= LIBRARIES.length) return { missing: 'its separate debug file was not found; it is no file of a distribution’s package', getIt: [] }
  return {
    missing: `types and variables of \`${name}\`: its separate debug file was not found`,
    getIt: [
      { on: 'Debian', command: `sudo apt install ${stem}-dbgsym` },
      { on: 'Ubuntu', command: `echo "deb http://ddebs.ubuntu.com $(lsb_release -cs) main" | sudo tee /etc/apt/sources.list.d/ddebs.list; sudo apt update; sudo apt install ${stem}-dbgsym` },
      { on: 'Fedora', command: `sudo dnf debuginfo-install ${stem}` },
    ],
  }
}

function diagnostics(): DiagnosticRow[] {
  const chunks = Array.from({ length: DAMAGED_CHUNKS }, (_, i): DiagnosticRow => ({
    kind: 'damaged',
    where: `arena 0x7f${(0x3c0400_0030 + i * 0x400_0000).toString(16)}`,
    offset: 0x7f3c_0512_a010 + i * 0x400_0000,
    message: `chunk size 0x${(0x4141_4141 + i).toString(16)} is larger than its heap; walking goes on at the next chunk that agrees with its bins`,
  }))
  return [
    ...chunks,
    { kind: 'mismatch', where: 'libcrypto.so.3', offset: null, message: 'the file on disk has build-id 77aa01…, the process ran 5232bb…; its pages are not used' },
    { kind: 'missing', where: 'libprotobuf.so.32', offset: null, message: 'no file with build-id 51ed… was found; vtables of its classes have no names' },
    { kind: 'missing', where: 'libz.so.1', offset: null, message: 'no build-id in the core and no file' },
    { kind: 'damaged', where: 'arena 0x7f3c04000030', offset: 0x7f3c_0512_a010, message: 'chunk size 0x4141414141414141 is larger than its heap; walking goes on at the next chunk that agrees with its bins' },
    { kind: 'truncated', where: 'PT_LOAD 211', offset: 4_712_345_600, message: 'the file ends 12,288 bytes before the segment does' },
    { kind: 'note', where: 'PT_NOTE', offset: 1128, message: 'NT_PRPSINFO keeps 80 bytes of arguments; the rest is lost' },
  ]
}
