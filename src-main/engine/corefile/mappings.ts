/**
 * Ties NT_FILE's entries to the core's ranges, splitting a range where only a part of it is a file's, and adds those
 * that no segment covers: mapped, not dumped.
 */
import { PF_R } from '../elf/file.ts'
import type { Range } from '../memory/addressSpace.ts'
import type { MappedFile } from './notes.ts'

/** `ranges` in address order; answers them in address order, with `path` and `fileOffset` filled in. */
export function tieFiles(ranges: Range[], files: MappedFile[]): Range[] {
  const sorted = disjoint(files.filter((f) => f.end > f.start && f.path !== '').sort((a, b) => a.start - b.start))
  const tied: Range[] = []
  let next = 0
  for (const range of ranges) {
    let rest = range
    while (next < sorted.length && sorted[next].end <= rest.start) next++
    for (let i = next; i < sorted.length && sorted[i].start < rest.end; i++) {
      const file = sorted[i]
      if (file.end <= rest.start) continue
      if (file.start > rest.start) {
        const [before, after] = split(rest, file.start)
        tied.push(before)
        rest = after
      }
      let after: Range | null = null
      if (file.end < rest.end) [rest, after] = split(rest, file.end)
      tied.push({ ...rest, path: file.path, fileOffset: file.fileOffset + (rest.start - file.start) })
      if (!after) {
        rest = { ...rest, start: rest.end }
        break
      }
      rest = after
    }
    if (rest.start < rest.end) tied.push(rest)
  }
  return [...tied, ...uncovered(ranges, sorted)].sort((a, b) => a.start - b.start)
}

/** In address order; what overlaps the one before is damage and left out. */
function disjoint(sorted: MappedFile[]): MappedFile[] {
  let end = 0
  return sorted.filter((file) => {
    const apart = file.start >= end
    if (apart) end = file.end
    return apart
  })
}

/** Parts of files that lie in no range. */
function uncovered(ranges: Range[], sorted: MappedFile[]): Range[] {
  const added: Range[] = []
  let next = 0
  for (const file of sorted) {
    let at = file.start
    const add = (end: number): void => {
      if (end > at) added.push({ start: at, end, flags: PF_R, coreOffset: 0, dumpedEnd: at, promisedEnd: at, path: file.path, fileOffset: file.fileOffset + (at - file.start), listedOnly: true, file: null })
    }
    while (next < ranges.length && ranges[next].end <= at) next++
    for (let i = next; i < ranges.length && ranges[i].start < file.end; i++) {
      add(Math.min(file.end, ranges[i].start))
      at = Math.max(at, ranges[i].end)
    }
    add(file.end)
  }
  return added
}

function split(range: Range, at: number): [Range, Range] {
  const skip = at - range.start
  const clamp = (end: number, low: number, high: number): number => Math.max(low, Math.min(high, end))
  return [
    { ...range, end: at, dumpedEnd: clamp(range.dumpedEnd, range.start, at), promisedEnd: clamp(range.promisedEnd, range.start, at) },
    {
      ...range,
      start: at,
      coreOffset: range.coreOffset + skip,
      dumpedEnd: clamp(range.dumpedEnd, at, range.end),
      promisedEnd: clamp(range.promisedEnd, at, range.end),
      fileOffset: range.fileOffset + skip,
    },
  ]
}
