/**
 * Scans memory for references, on as many threads as take part: each takes the next window, reads it, scans it, and puts what
 * it found behind what the windows before found. The kernel references.as.ts does the work.
 */
import { GraphTooLarge } from './areas.ts'
import type { Readable } from '../elf/file.ts'
import { LAYOUT_BYTES, WINDOW_BYTES, WINDOW_FIELDS } from './windows.ts'

/** Areas that all threads share, in the order in which the kernel takes their addresses. */
export const SHARED_AREAS = ['windows', 'ranges', 'top', 'pages', 'vtables', 'shared', 'start', 'words', 'state', 'regions', 'first', 'layout', 'classKeys', 'classShapes', 'classNonzero', 'target'] as const
const OWN_AREAS = 3
/** Positions in the area `shared`, in 32-bit words. */
export const SHARED = { nextWindow: 0, failed: 2, edges: 4 } as const
export const SHARED_BYTES = 64

/** What a thread needs to take part; plain data but for the memories, which are shared. */
export interface ScanTask {
  memory: WebAssembly.Memory
  /** Addresses of SHARED_AREAS. */
  areas: number[]
  /** Numbers that the kernel takes, in its order. */
  numbers: bigint[]
  /** Address of memory for this thread alone: OWN_BYTES. */
  own: number
  windowCount: number
  registers: bigint[][]
  /** Words within their windows of all references, 16 bits each; grows. */
  positions: SharedArrayBuffer
}

const BUFFER_BYTES = WINDOW_BYTES + LAYOUT_BYTES
const FOUND_BYTES = (WINDOW_BYTES / 8) * 4
const TABLE_BYTES = 512
export const OWN_BYTES = TABLE_BYTES + BUFFER_BYTES + FOUND_BYTES + FOUND_BYTES / 2

export interface ReferencesKernel {
  bind(areas: number, numbers: number): void
  mapBlocks(firstBlock: number, endBlock: number, base: bigint, end: bigint, capacity: number): number
  addVtable(word: bigint): void
  scan(window: number, available: number): number
  commit(window: number, count: number): number
  closeGaps(sourceCount: number): void
  committedAt: { value: number }
}

export function bindKernel(module: WebAssembly.Module, task: ScanTask): ReferencesKernel {
  const kernel = new WebAssembly.Instance(module, { env: { memory: task.memory, abort: () => {} } }).exports as unknown as ReferencesKernel
  const buffer = task.own + TABLE_BYTES
  const addresses = [...task.areas, buffer, buffer + BUFFER_BYTES, buffer + BUFFER_BYTES + FOUND_BYTES]
  new Uint32Array(task.memory.buffer, task.own, SHARED_AREAS.length + OWN_AREAS).set(addresses)
  new BigUint64Array(task.memory.buffer, task.own + 256, task.numbers.length).set(task.numbers)
  kernel.bind(task.own, task.own + 256)
  return kernel
}

/** The other threads stopped, or failed and say why themselves. */
export class ScanStopped extends Error {}
/** More references than the memory holds. */
export class TooManyReferences extends GraphTooLarge {}

/** Takes windows until there are none left. @param tick is called before each; what it throws stops all threads */
export function scanWindows(core: Pick<Readable, 'read' | 'size'>, module: WebAssembly.Module, task: ScanTask, tick: (window: number) => void): void {
  const shared = new Int32Array(task.memory.buffer, task.areas[SHARED_AREAS.indexOf('shared')], SHARED_BYTES / 4)
  try {
    const kernel = bindKernel(module, task)
    const records = new Float64Array(task.memory.buffer, task.areas[0], task.windowCount * WINDOW_FIELDS)
    const buffer = new Uint8Array(task.memory.buffer, task.own + TABLE_BYTES, BUFFER_BYTES)
    const at = new Uint16Array(task.memory.buffer, task.own + TABLE_BYTES + BUFFER_BYTES + FOUND_BYTES, FOUND_BYTES / 4)
    const positions = new Uint16Array(task.positions)
    const registerWindow = task.windowCount - task.registers.length
    while (true) {
      const window = Atomics.add(shared, SHARED.nextWindow, 1)
      if (window >= task.windowCount) return
      tick(window)
      const offset = records[window * WINDOW_FIELDS + 1]
      const size = records[window * WINDOW_FIELDS + 2]
      const available = offset < 0 ? fillRegisters(buffer, task.registers[window - registerWindow]) : readWindow(core, buffer, offset, size, records[window * WINDOW_FIELDS + 7])
      const count = kernel.scan(window, available)
      const failed = kernel.commit(window, count)
      if (failed === 1) throw new ScanStopped()
      if (failed === 2) throw new TooManyReferences()
      const begin = kernel.committedAt.value >>> 0
      grow(task.positions, (begin + count) * 2)
      positions.set(at.subarray(0, count), begin)
    }
  } catch (error) {
    Atomics.store(shared, SHARED.failed, 1)
    throw error
  }
}

/** The window, and what the shape of its last block needs of the bytes behind. What is missing reads as zero. */
function readWindow(core: Pick<Readable, 'read' | 'size'>, buffer: Uint8Array, offset: number, size: number, more: number): number {
  const got = core.read(offset, buffer.subarray(0, size + more))
  if (got < size + more) buffer.fill(0, got, size + more)
  return size + more
}

function fillRegisters(buffer: Uint8Array, registers: bigint[]): number {
  const view = new DataView(buffer.buffer, buffer.byteOffset)
  registers.forEach((value, i) => view.setBigUint64(i * 8, value, true))
  return registers.length * 8
}

/** Another thread may have grown it further meanwhile. */
function grow(buffer: SharedArrayBuffer, bytes: number): void {
  while (buffer.byteLength < bytes) {
    const wanted = Math.min(buffer.maxByteLength, Math.max(bytes, buffer.byteLength + (16 << 20)))
    if (wanted < bytes) throw new TooManyReferences()
    try {
      buffer.grow(wanted)
    } catch {
      if (buffer.byteLength < bytes && buffer.maxByteLength < bytes) throw new TooManyReferences()
    }
  }
}
