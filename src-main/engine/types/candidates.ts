/**
 * Which types blocks may have: every record of the right size, one with an open end, or several in a row, with or without a
 * header; tried on a sample of the blocks and ranked by how many fit and how much speaks for them.
 */
import type { TypeRef } from '../../contract/rows.ts'
import type { CandidateRow } from '../../contract/typeRows.ts'
import { isSlack } from './containers.ts'
import type { Propagation } from './propagate.ts'
import type { Shape } from './shapes.ts'
import { OF_THE_PROGRAM, TypeIndex } from './typeIndex.ts'

const SAMPLE = 64
/** Bytes that programs put before an array. */
const HEADERS = [0, 8, 16]
/** Types that are tried as elements, the largest first: small ones fit anything. */
const MOST_ELEMENTS = 300
const MISFITS = 4
/** Words that speak against several in a row, and against a header before them, from the start. */
const UNLIKELY = 1
/** Words that a pointer of that type to the block is worth. */
const REFERRED = 3

/** @param referrers names of types that pointers to the blocks are declared with */
export function rankCandidates(propagation: Propagation, blocks: readonly number[], referrers: ReadonlySet<string>): CandidateRow[] {
  const { heap, shapes, claims } = propagation
  const step = Math.max(1, Math.floor(blocks.length / SAMPLE))
  const sample = blocks.filter((_, i) => i % step === 0).slice(0, SAMPLE)
  const usable = heap.size(sample[0])
  const index = new TypeIndex(shapes)
  const held = new Set(sample.map((block) => claims.items[claims.item[block]].name))
  const rows: CandidateRow[] = []
  const seen = new Set<string>()
  const add = (type: TypeRef, header: number): void => {
    const shape = shapes.of(type)
    if (!shape) return
    const row = tryOn(propagation, sample, shape, usable, header)
    const key = `${row.type} ${row.header}`
    // several of what says nothing fit anything
    if (row.fits === 0 || (row.good === 0 && row.count > 1) || seen.has(key)) return
    seen.add(key)
    row.referred = referrers.has(shapes.name(type))
    row.current = held.has(row.type)
    rows.push(row)
  }
  for (const type of index.fitting(usable, OF_THE_PROGRAM)) add(type, 0)
  for (const type of index.open(usable, OF_THE_PROGRAM)) add(type, 0)
  for (const type of index.elements(usable, OF_THE_PROGRAM, HEADERS).slice(0, MOST_ELEMENTS)) for (const header of HEADERS) if (isSlack((usable - header) % shapes.size(type), usable) && usable - header >= 2 * shapes.size(type)) add(type, header)
  const weight = (row: CandidateRow): number => ((row.good - 3 * row.bad) / row.sampled + (row.referred ? REFERRED : 0) - (row.count > 1 ? UNLIKELY : 0) - (row.header > 0 ? UNLIKELY : 0)) * (row.fits / row.sampled)
  const weights = rows.map((row) => Math.exp(Math.min(20, weight(row))))
  // what fits nothing has its share too
  const sum = weights.reduce((total, w) => total + w, 1)
  rows.forEach((row, i) => void (row.score = weights[i] / sum))
  return rows.sort((a, b) => b.score - a.score || b.fits - a.fits || (a.type < b.type ? -1 : 1))
}

function tryOn({ heap, fit, shapes }: Propagation, sample: readonly number[], shape: Shape, usable: number, header: number): CandidateRow {
  const isSingle = header === 0 && (isSlack(usable - shape.size, usable) || shape.tail !== null)
  const count = isSingle ? 1 : Math.floor((usable - header) / shape.size)
  const name = shapes.name(shape.type)
  const row: CandidateRow = { type: isSingle ? name : `${name}[]`, typeId: shape.type, count, header, size: shape.size, score: 0, sampled: sample.length, fits: 0, good: 0, bad: 0, misfits: [], current: false, referred: false }
  const misfits = new Map<string, CandidateRow['misfits'][number]>()
  fit.onMisfit = (offset, member, what) => {
    const key = `${member} ${what}`
    const known = misfits.get(key)
    if (known) known.count++
    else if (misfits.size < MISFITS * 8) misfits.set(key, { offset, member, what, count: 1 })
  }
  for (const block of sample) {
    const at = heap.address(block) + header
    const size = heap.size(block)
    if (isSingle ? fit.fits(at, shape, at + size, 1) : fit.elementsFit(at, shape, size - header, 1)) row.fits++
    row.good += fit.good
    row.bad += fit.bad
  }
  fit.onMisfit = null
  row.misfits = [...misfits.values()].sort((a, b) => b.count - a.count).slice(0, MISFITS)
  return row
}
