/**
 * Layout classes as rows of TopN, their blocks, and what the blocks of one have in common: which words are pointers, to what,
 * the commonest values and strings, and who points there. That is what a person reads to recognise a class.
 */
import type { BlockQuery } from '../../contract/api.ts'
import type { BlockPage, BlockRow, LayoutDetails, LayoutWordRow, TopRow } from '../../contract/rows.ts'
import { CHUNK_BLOCKS, LARGE } from '../allocator/blocks.ts'
import { word } from '../bytes/cursor.ts'
import { hex } from '../bytes/units.ts'
import { UsageError } from '../errors.ts'
import { layoutText } from '../graph/layoutClasses.ts'
import { LAYOUT_BYTES } from '../graph/windows.ts'
import type { GraphView } from './graphView.ts'
import { rowOfBlock } from './listBlocks.ts'
import { Pointers } from './pointers.ts'

/** Blocks that are looked at, spread over all of the class. */
const SAMPLED = 400
/** Of them, those whose referrers are looked at, and referrers of each. */
const ASKED = 60
const REFERRERS = 4
const LISTED = 8
const SHORTEST_TEXT = 4
const KEY = /^(layout|class) (\d+)$/
/** The family of the block at an address. */
const AT = /^at (0x[0-9a-f]+)$/

/** A selection of classes, and how many of their blocks each chunk of the column holds. */
interface Selected {
  key: string
  isWanted: Uint8Array
  inChunk: Uint32Array
  total: number
  bytes: number
}

export class LayoutLists {
  private readonly view: GraphView
  private readonly pointers: Pointers
  private selected: Selected | null = null
  private rows: TopRow[] | null = null
  /** Chunk, class and count of each. */
  private triples: Uint32Array | null = null

  constructor(view: GraphView) {
    this.view = view
    this.pointers = new Pointers(view.process)
  }

  static isKey(key: string): boolean {
    return KEY.test(key)
  }

  /** One row a family, unsorted. */
  top(): TopRow[] {
    return (this.rows ??= this.readTop())
  }

  private readTop(): TopRow[] {
    const { classes } = this.view.graph.meta
    const families = new Map<number, { count: number; classes: number }>()
    classes.forEach(({ family, count }, id) => {
      if (id === 0) return
      const sum = families.get(family)
      if (!sum) families.set(family, { count, classes: 1 })
      else {
        sum.count += count
        sum.classes++
      }
    })
    let all = 0
    const rows = [...families].map(([family, { count, classes: variants }]): TopRow => {
      const size = this.sizeOf(family)
      all += count * size
      return {
        key: `layout ${family}`,
        type: null,
        label: layoutText(classes[family]),
        size,
        sizes: 1,
        requested: null,
        count,
        bytes: count * size,
        share: 0,
        evidence: variants > 1 ? `${variants} layouts that differ only by nulls` : '',
      }
    })
    for (const row of rows) row.share = all === 0 ? 0 : row.bytes / all
    return rows
  }

  /** Usable bytes; what is beyond 32 GiB is one block, whose class is its own. */
  private sizeOf(id: number): number {
    const { words } = this.view.graph.meta.classes[id]
    return words === LARGE ? LARGE * 8 : words * 8
  }

  /** A class's layout as text; '' for blocks without one. */
  text(block: number): string {
    return layoutText(this.view.graph.meta.classes[this.view.graph.layoutClass(block)])
  }

  /** Blocks by a row's or a class's key. Throws UsageError on a key that there isn't. */
  blocks(q: BlockQuery & { key: string }): BlockPage {
    const selected = this.select(q.key)
    const { memory, blocks, types } = this.view.process
    const none = q.state === 'free'
    const rows: BlockRow[] = none ? [] : [...this.ids(selected, q.offset, q.limit)].map((block) => ({ ...rowOfBlock(memory, blocks, types, block), ...this.ofGraph(block) }))
    return { rows, total: none ? 0 : selected.total, offset: q.offset, bytes: none ? 0 : selected.bytes }
  }

  /** All blocks of the layout family of the one at an address, ascending; or about `SAMPLED` of them. Throws UsageError where it has none. */
  blocksLike(address: number, all: boolean): { layout: string; total: number; blocks: number[] } {
    const selected = this.select(`at ${hex(address)}`)
    const blocks = all ? [...this.ids(selected, 0, selected.total)] : this.sample(selected)
    return { layout: layoutText(this.view.graph.meta.classes[selected.isWanted.indexOf(1)]), total: selected.total, blocks }
  }

  ofGraph(block: number): Pick<BlockRow, 'reachable' | 'layout'> {
    return { reachable: this.view.graph.reach(block) !== 0, layout: this.text(block) }
  }

  details(key: string): LayoutDetails {
    const selected = this.select(key)
    const { graph } = this.view
    const { classes } = graph.meta
    const ids = classes.map((_, id) => id).filter((id) => selected.isWanted[id] === 1)
    const sample = this.sample(selected)
    const { words, strings } = this.wordsOf(sample, this.sizeOf(ids[0]))
    return {
      key: selected.key,
      layout: layoutText(classes[ids[0]]),
      size: this.sizeOf(ids[0]),
      count: selected.total,
      bytes: selected.bytes,
      types: commonest(sample.map((block) => this.view.ref(block).label)),
      classes: ids.map((id) => ({ key: `class ${id}`, layout: layoutText(classes[id]), count: classes[id].count })),
      sampled: sample.length,
      words,
      strings,
      referrers: this.referrersOf(sample),
    }
  }

  private select(key: string): Selected {
    if (this.selected?.key === key) return this.selected
    const match = KEY.exec(key)
    const { classes, blockCount } = this.view.graph.meta
    const at = AT.exec(key)
    if (at) {
      const { family } = classes[this.view.graph.layoutClass(this.view.blockAt(Number(at[1])))]
      if (family === 0) throw new UsageError('this block has no layout', at[1], 'give the address of a block in use')
      return this.select(`layout ${family}`)
    }
    const id = Number(match?.[2] ?? 0)
    if (!match || id === 0 || id >= classes.length) throw new UsageError('no row has this key', key, 'take the key of a row of listTop')
    const isWanted = Uint8Array.from(classes, (c, i) => (i > 0 && (match[1] === 'class' ? i === id : c.family === id) ? 1 : 0))
    const inChunk = new Uint32Array(Math.ceil(blockCount / CHUNK_BLOCKS))
    let total = 0
    const triples = (this.triples ??= this.view.graph.classesInChunks())
    for (let t = 0; t < triples.length; t += 3) {
      if (isWanted[triples[t + 1]] === 0) continue
      inChunk[triples[t]] += triples[t + 2]
      total += triples[t + 2]
    }
    this.selected = { key, isWanted, inChunk, total, bytes: total * this.sizeOf(id) }
    return this.selected
  }

  /** Ids of the selected blocks from the `offset`th on. */
  private *ids({ isWanted, inChunk }: Selected, offset: number, limit: number): Iterable<number> {
    let skip = offset
    let left = limit
    for (let c = 0; c < inChunk.length && left > 0; c++) {
      if (inChunk[c] <= skip) {
        skip -= inChunk[c]
        continue
      }
      const chunk = this.view.graph.layoutChunk(c)
      for (let i = 0; i < chunk.length && left > 0; i++) {
        if (isWanted[chunk[i]] === 0) continue
        if (skip > 0) skip--
        else {
          left--
          yield c * CHUNK_BLOCKS + i
        }
      }
    }
  }

  /** Runs of blocks, spread evenly: neighbours lie in the same chunks. */
  private sample(selected: Selected): number[] {
    if (selected.total <= SAMPLED) return [...this.ids(selected, 0, selected.total)]
    const runs = 20
    const length = SAMPLED / runs
    return Array.from({ length: runs }, (_, i) => [...this.ids(selected, Math.floor((i * (selected.total - length)) / (runs - 1)), length)]).flat()
  }

  private wordsOf(sample: number[], size: number): Pick<LayoutDetails, 'words' | 'strings'> {
    const { memory, blocks } = this.view.process
    const length = Math.min(size, LAYOUT_BYTES)
    const bytes = new Uint8Array(length)
    const view = new DataView(bytes.buffer)
    const columns = Array.from({ length: length / 8 }, () => ({ pointers: 0, nulls: 0, leadsTo: [] as string[], values: [] as string[] }))
    const texts: string[] = []
    let read = 0
    for (const block of sample) {
      const address = blocks.address(block)
      if (memory.readInto(address, bytes) < length) continue
      read++
      const plain = bytes.slice()
      columns.forEach((column, i) => {
        const value = word(view, i * 8)
        if (value === 0) column.nulls++
        const leads = value > 0xffff ? this.pointers.leadsTo(value) : ''
        if (leads !== '') {
          column.pointers++
          plain.fill(0, i * 8, i * 8 + 8)
          column.leadsTo.push(leads.replace(/^(free )?block of (\d+) bytes/, '$1block of $2 bytes').replace(/\+0x[0-9a-f]+|\+\d+/, ''))
        }
        column.values.push(leads !== '' ? '' : valueText(bytes.subarray(i * 8, i * 8 + 8), view.getBigUint64(i * 8, true)))
      })
      for (const { text, offset } of textsIn(plain)) texts.push(`${offset}\0${text}`)
    }
    const words = columns.map((column, i): LayoutWordRow => ({
      offset: i * 8,
      pointers: read === 0 ? 0 : column.pointers / read,
      nulls: read === 0 ? 0 : column.nulls / read,
      leadsTo: commonest(column.leadsTo),
      values: commonest(column.values.filter((v) => v !== '')).map(({ label, count }) => ({ text: label, count })),
    }))
    const strings = commonest(texts).map(({ label, count }) => ({ text: label.slice(label.indexOf('\0') + 1), offset: Number(label.slice(0, label.indexOf('\0'))), count }))
    return { words, strings }
  }

  private referrersOf(sample: number[]): LayoutDetails['referrers'] {
    const { view } = this
    const { graph } = view
    const step = Math.max(1, Math.floor(sample.length / ASKED))
    const groups = new Map<string, LayoutDetails['referrers'][number]>()
    for (let i = 0; i < sample.length; i += step) {
      const { from, to } = graph.sourcesOf(sample[i])
      for (const source of new Set(graph.sources(from, Math.min(to, from + REFERRERS)))) {
        const row = view.row(graph.referenceTo(source, sample[i]), source, sample[i])
        const label = row.from?.label ?? row.root?.kind ?? ''
        const member = row.member.replace(/\[\d+\]/g, '[]')
        const key = `${label}\0${member}\0${member === '' && row.from && row.from.size <= LAYOUT_BYTES ? row.fromOffset : ''}\0${row.toOffset}`
        const group = groups.get(key)
        if (group) group.count++
        else groups.set(key, { label, member, fromOffset: row.fromOffset, toOffset: row.toOffset, count: 1 })
      }
    }
    return [...groups.values()].sort((a, b) => b.count - a.count).slice(0, LISTED)
  }
}

/** A text where there are at least some characters, else a number. */
function valueText(bytes: Uint8Array, value: bigint): string {
  const [text] = textsIn(bytes)
  if (text?.offset === 0) return `"${text.text}"`
  return value < 1_000_000n ? String(value) : hex(value)
}

function commonest(labels: string[]): { label: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1)).slice(0, LISTED)
}

/** Runs of printable ASCII, as long as they go. */
function textsIn(bytes: Uint8Array): { text: string; offset: number }[] {
  const found: { text: string; offset: number }[] = []
  for (let i = 0; i < bytes.length; ) {
    let end = i
    while (end < bytes.length && bytes[end] >= 0x20 && bytes[end] < 0x7f) end++
    if (end - i >= SHORTEST_TEXT) found.push({ text: String.fromCharCode(...bytes.subarray(i, end)), offset: i })
    i = end + 1
  }
  return found
}

