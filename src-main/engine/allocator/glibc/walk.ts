/**
 * Walks runs of glibc chunks into block columns, window by window through the chunkWalk kernel. Damage costs the
 * chunks around it: the walk goes on at the next place where a chain of chunks starts.
 */
import { hex } from '../../bytes/units.ts'
import type { Diagnostics } from '../../errors.ts'
import type { ChunkWalkKernel } from '../../kernels/chunkWalk.ts'
import type { AddressSpace } from '../../memory/addressSpace.ts'
import type { Progress } from '../../ports.ts'
import { CHUNK_BITS, CHUNK_BLOCKS, STATE, type Blocks, type Region } from '../blocks.ts'
import { CHUNK_HEADER, chainStartsAt, chunkSizeOf, type Effort, forbiddenFlags, isFencepost, MIN_CHUNK, PREV_INUSE } from './layout.ts'

/** Memory in which one arena's chunks lie one behind the other. */
export interface Run {
  /** Of the first chunk's header. */
  start: number
  /** No chunk lies beyond. */
  end: number
  arena: string
  nonMain: boolean
  /** More chunks may follow behind a fencepost: the program called sbrk() itself. */
  mayResume: boolean
}

/** A region's granules reach 32 GiB; a longer run goes on in another region. */
const SPLIT_FROM = 2 ** 33
const RESYNC_LIMIT = 2 ** 32
const BACKTRACK_LIMIT = 2 ** 26

export class RunWalker {
  private readonly memory: AddressSpace
  private readonly kernel: ChunkWalkKernel
  private readonly blocks: Blocks
  private readonly tops: ReadonlySet<number>
  private readonly sortedTops: number[]
  private readonly diagnostics: Diagnostics
  private readonly progress: Progress
  private readonly effort: Effort
  /** Bytes of finished runs. */
  private done = 0

  constructor(memory: AddressSpace, kernel: ChunkWalkKernel, blocks: Blocks, tops: ReadonlySet<number>, diagnostics: Diagnostics, progress: Progress, effort: Effort) {
    this.memory = memory
    this.kernel = kernel
    this.blocks = blocks
    this.tops = tops
    this.sortedTops = [...tops].sort((a, b) => a - b)
    this.diagnostics = diagnostics
    this.progress = progress
    this.effort = effort
  }

  walk(run: Run): void {
    let at = run.start
    while (at < run.end) {
      const stopped = this.walkChain(run, at)
      if (stopped.why === 'done') break
      if (stopped.why === 'split') {
        at = stopped.at
        continue
      }
      if (stopped.why === 'fencepost' && !run.mayResume) break
      const next = this.resync(run, stopped.at)
      if (stopped.why === 'damaged' || (stopped.why === 'absent' && next > 0)) this.report(run, stopped.at, next, stopped.why)
      if (next === 0) break
      at = next
    }
    this.done += run.end - run.start
    this.progress.advance(this.done)
  }

  /** Walks from `start` until the chain ends; one region. */
  private walkChain(run: Run, start: number): { why: 'done' | 'split' | 'fencepost' | 'damaged' | 'absent'; at: number } {
    const { kernel, memory, blocks } = this
    const region = blocks.beginRegion({ start, end: run.end, allocator: 'glibc', arena: run.arena })
    const top = (this.sortedTops.find((t) => t >= start) ?? run.end + MIN_CHUNK) - start
    let position = 0
    let before = 0
    while (true) {
      this.progress.advance(this.done + (start - run.start) + position)
      const wanted = Math.min(kernel.window.length - MIN_CHUNK, run.end - start - position)
      const got = memory.readInto(start + position, kernel.window.subarray(0, wanted))
      if (got < CHUNK_HEADER) return this.close(region, position, 'absent')
      // the first two words behind the very last header may lie beyond what there is
      const isLast = got < wanted || start + position + got === run.end
      if (isLast) kernel.window.fill(0, got, got + 16)
      const windowSize = isLast ? got + 16 : got
      const windowAt = position
      while (true) {
        const step = kernel.walk({ windowAt, windowSize, position, top, end: run.end - start, forbidden: forbiddenFlags(run.nonMain), before })
        if (step.firstPrevInUse !== 2 && region.blockCount > 0) blocks.setState(blocks.count - 1, step.firstPrevInUse === 1 ? STATE.used : STATE.free)
        blocks.appendColumns(kernel.columns, step.count)
        if (step.count > 0 && step.oversize) region.largeWords = step.oversize
        position = step.position
        before = step.lastSize
        switch (step.reason) {
          case 'need-window':
            break
          case 'out-full':
            if (position > SPLIT_FROM) return this.close(region, position, 'split')
            continue
          case 'top': {
            const size = chunkSizeOf(this.memory.word(start + position + 8))
            const sane = size >= MIN_CHUNK && start + position + size <= run.end
            if (!sane) this.diagnostics.add('damaged', `arena ${run.arena}`, start + position, `its top chunk says it has ${size} bytes: what follows is counted as free`)
            region.freeTail = (sane ? size : run.end - start - position) - 8
            const closed = this.close(region, sane ? position + size : run.end - start, 'fencepost')
            return run.mayResume && closed.at < run.end ? closed : { why: 'done', at: closed.at }
          }
          case 'end':
            this.lastIsTop(region)
            return this.close(region, position, 'done')
          case 'mismatch':
            region.end = start + position
            if (this.chainInsideLast(run, region) !== 0) return this.close(region, position, 'damaged')
            this.diagnostics.add('damaged', `arena ${run.arena}`, start + position, `the free chunk before ${hex(start + position)} and what stands behind it disagree about its size`)
            before = 0
            continue
          case 'fencepost': {
            // a smashed header may look like one; a heap's lies at its very end
            const atEnd = run.nonMain ? start + position + 3 * CHUNK_HEADER >= run.end : isFencepost(memory, start + position, false)
            if (!atEnd) return this.close(region, position, 'damaged')
            return this.close(region, Math.min(position + 2 * CHUNK_HEADER, run.end - start), 'fencepost')
          }
          case 'bad-size':
            return this.close(region, position, 'damaged')
        }
        break
      }
      if (position > SPLIT_FROM) return this.close(region, position, 'split')
    }
  }

  /** A chunk that ends where its run ends is the arena's top, whatever the arena says: any other has one behind it. */
  private lastIsTop(region: Region): void {
    if (region.blockCount === 0) return
    region.freeTail = this.blocks.size(this.blocks.count - 1)
    region.blockCount--
    this.blocks.count--
  }

  private close<Why extends string>(region: Region, position: number, why: Why): { why: Why; at: number } {
    region.end = region.start + position
    if (position === 0) this.blocks.dropRegion()
    return { why, at: region.start + position }
  }

  /** Where a chain starts inside the region's last chunk and passes over its end: then that chunk's size is wrong. 0 for nowhere. */
  private chainInsideLast(run: Run, region: Region): number {
    if (region.blockCount === 0) return 0
    const chunk = this.blocks.address(this.blocks.count - 1, region) - CHUNK_HEADER
    for (let at = chunk + MIN_CHUNK; at < Math.min(region.end, chunk + BACKTRACK_LIMIT); at += 16) {
      if (chainStartsAt(this.memory, at, run.end, this.tops, run.nonMain, this.effort, 16, region.end)) return at
    }
    return 0
  }

  /**
   * Where the chain of chunks goes on after a bad header at `bad`; 0 where it doesn't. The last chunk may be what is
   * damaged: then it is cut where the chain inside it starts.
   */
  private resync(run: Run, bad: number): number {
    const { memory, blocks } = this
    const region = blocks.regions.at(-1)
    const inside = region && region.end === bad ? this.chainInsideLast(run, region) : 0
    if (region && inside !== 0) {
      const last = blocks.count - 1
      const size = inside - blocks.address(last, region) + 8
      blocks.chunk(last >>> CHUNK_BITS).words[last & (CHUNK_BLOCKS - 1)] = size / 8
      blocks.setState(last, this.prevInUse(inside) ? STATE.used : STATE.free)
      region.end = inside
      return inside
    }
    for (let at = bad + 16; at < Math.min(run.end, bad + RESYNC_LIMIT); at += 16) {
      if (at % 2 ** 20 === 0) this.progress.advance(this.done + (at - run.start))
      if (memory.presentFrom(at, CHUNK_HEADER) < CHUNK_HEADER) {
        at = Math.ceil(memory.nextPresent(at + CHUNK_HEADER) / 16) * 16 - 16
        continue
      }
      if (this.tops.has(at) || chainStartsAt(memory, at, run.end, this.tops, run.nonMain, this.effort)) return at
      if (this.effort.isSpent) break
    }
    return 0
  }

  private prevInUse(chunk: number): boolean {
    return (this.memory.word(chunk + 8) & PREV_INUSE) !== 0
  }

  private report(run: Run, bad: number, next: number, why: 'damaged' | 'absent'): void {
    const { blocks } = this
    const what = why === 'absent' ? 'memory is absent' : 'a chunk header is damaged'
    if (next === 0) {
      this.diagnostics.add('damaged', `arena ${run.arena}`, bad, `${what} at ${hex(bad)} and no chain of chunks was found behind it${this.effort.isSpent ? ' (too much damage to search all of it)' : ''}: ${run.end - bad} bytes up to ${hex(run.end)} could not be walked`)
      return
    }
    if (next > bad && why === 'damaged') {
      // what lies between is one chunk, whose own header was overwritten
      const region = blocks.regions.at(-1)
      if (region && region.end === bad && next - bad >= MIN_CHUNK) {
        blocks.append(bad + CHUNK_HEADER, next - bad - 8, this.prevInUse(next) ? STATE.used : STATE.free, 0)
        region.end = next
      }
    }
    this.diagnostics.add('damaged', `arena ${run.arena}`, bad, `${what} at ${hex(bad)}; the walk went on at ${hex(next)}`)
  }
}
