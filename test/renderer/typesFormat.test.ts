import { expect, test } from 'vitest'
import type { CandidateRow, EvidenceStep, LabelRow } from '../../src-main/contract/typeRows.ts'
import { elementsText, fitsText, laidOver, misfitsText } from '../../src-renderer/format/candidates.ts'
import { confidenceText, evidenceParts, folded } from '../../src-renderer/format/evidence.ts'
import { callsFor, cameBy, goneFrom, labelledText } from '../../src-renderer/format/labels.ts'

const step = (type: string, member: string, root = ''): EvidenceStep => ({ addr: 0x1000, type, member, root })
const sentence = (steps: EvidenceStep[]): string => evidenceParts({ steps }).map((part) => (part.times > 1 ? `${part.text} × ${part.times}` : part.text)).join(' → ')

test('evidence reads from the variable, member by member, to the type', () => {
  expect(sentence([step('World', '', 'g_world (game)'), step('Entity *[]', 'World.entities'), step('Npc', 'Entity *[]'), step('Item', 'Npc.inventory')])).toBe('g_world (game) → World.entities → Entity *[] → Npc.inventory → Item')
  expect(sentence([step('World', '', 'g_world (game)')])).toBe('g_world (game) → World')
})

test('a block that is known by itself is where evidence starts, and alone it is all of it', () => {
  expect(sentence([step('Npc', ''), step('Item', 'Npc.inventory')])).toBe('Npc → Npc.inventory → Item')
  expect(sentence([step('Npc', '')])).toBe('Npc')
  expect(sentence([])).toBe('')
})

test('a list on the way is one part, a chain that goes on further back says so', () => {
  const nodes = Array.from({ length: 20 }, () => step('Node', 'Node.next'))
  expect(sentence([step('List', '', 'g_list (game)'), step('Node', 'List.first'), ...nodes])).toBe('g_list (game) → List.first → Node.next × 20 → Node')
  expect(sentence(nodes)).toBe('… → Node.next × 20 → Node')
})

test('of a long chain the middle is left out', () => {
  const steps = [step('T0', '', 'g'), ...Array.from({ length: 20 }, (_, i) => step(`T${i + 1}`, `T${i}.m`))]
  expect(sentence(steps)).toBe('g → T0.m → T1.m → T2.m → … 14 more … → T17.m → T18.m → T19.m → T20')
  expect(folded(9)).toEqual({ head: 9, tail: 9, hidden: 0 })
  expect(folded(10)).toEqual({ head: 4, tail: 6, hidden: 2 })
})

test('only what a person said is certain', () => {
  expect([0.6, 0.98, 0.999, 1].map(confidenceText)).toEqual(['60 %', '98 %', '99 %', '100 %'])
})

const CANDIDATE: CandidateRow = { type: 'Item[]', typeId: 7, count: 12, header: 16, size: 1048, score: 0.6, sampled: 64, fits: 62, good: 300, bad: 2, misfits: [{ offset: 24, member: 'weight', what: 'no plausible number', count: 2 }, { offset: 32, member: '', what: 'no pointer', count: 1 }], current: false, referred: false }

test('a candidate tells its elements, how many blocks it fits and what does not', () => {
  expect(elementsText(CANDIDATE)).toBe('12 × 1,048')
  expect(fitsText(CANDIDATE)).toBe('62 of 64')
  expect(misfitsText(CANDIDATE)).toBe('weight: no plausible number, in 2 blocks; +0x20: no pointer, in 1 block')
  expect(misfitsText({ ...CANDIDATE, sampled: 1 })).toBe('weight: no plausible number; +0x20: no pointer')
})

test('exactly as many elements are laid over as a candidate says', () => {
  expect(laidOver(CANDIDATE)).toBe('Item[12]')
  expect(laidOver({ type: 'Item', count: 1 })).toBe('Item[1]')
  expect(laidOver({ type: 'Entity *[]', count: 3 })).toBe('Entity *[3]')
})

const label = (id: string, type: string, part: Partial<LabelRow> = {}): LabelRow => ({ id, addr: 0x1000, scope: 'block', layout: '', type, blocks: 1, made: 0, ...part })

test('labels are told by blocks and type', () => {
  expect(labelledText([label('a', 'Item', { scope: 'layout', blocks: 62 })])).toBe('62 blocks as Item')
  expect(labelledText([label('a', 'Item'), label('b', 'Npc')])).toBe('2 blocks as Item and 1 more type')
})

test('what a call labelled is what was not there before; where nothing is new, its own blocks', () => {
  const before = [label('a', 'Npc')]
  expect(cameBy(before, [...before, label('b', 'Item', { addr: 0x2000 })], [0x2000], 'Item').map((row) => row.id)).toEqual(['b'])
  expect(goneFrom(before, [label('b', 'Item')])).toEqual(before)
  expect(cameBy(before, [label('a', 'Item'), label('c', 'Npc')].slice(0, 1), [0x1000], 'Item').map((row) => row.id)).toEqual(['a'])
})

test('labels are set anew with one call for each type, and one for each layout', () => {
  const rows = [label('a', 'Item'), label('b', 'Item', { addr: 0x2000 }), label('c', 'Npc'), label('d', 'Item', { scope: 'layout', addr: 0x3000 })]
  expect(callsFor(rows)).toEqual([
    { addresses: [0x1000, 0x2000], type: 'Item', scope: 'block' },
    { addresses: [0x1000], type: 'Npc', scope: 'block' },
    { addresses: [0x3000], type: 'Item', scope: 'layout' },
  ])
})
