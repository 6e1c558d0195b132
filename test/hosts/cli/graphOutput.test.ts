import { describe, expect, test } from 'vitest'
import type { BlockRef, Neighbourhood, RootRef, Why } from '../../../src-main/contract/rows.ts'
import { dot, layoutText, leakGroupsText, leakJson, mermaid, neighbourhoodText, referencesText, retainedText, whyText } from '../../../src-main/hosts/cli/graphOutput.ts'

const block = (addr: number, label: string, state: BlockRef['state'] = 'used'): BlockRef => ({ addr, size: 24, state, type: label, label })
const global: RootRef = { kind: 'global', addr: 0x4000, name: 'table[3]', where: 'demo', tid: null }
const evil = 'A"]; --> <script>\n`x`|{}[b]'

const around: Neighbourhood = {
  nodes: [
    { id: 'a', block: block(0x10, evil), root: null, depth: 0, more: 7 },
    { id: 'r', block: null, root: global, depth: -1, more: 0 },
  ],
  edges: [{ from: 'r', to: 'a', member: '', fromOffset: 0, toOffset: 16, words: 2 }],
}

describe('a neighbourhood', () => {
  test('as Mermaid has no label that a name can end', () => {
    const text = mermaid(around)
    expect(text.split('\n')).toHaveLength(5)
    expect(text).toContain('flowchart LR')
    expect(text).toContain('n1(["table#91;3#93;"])')
    expect(text).not.toMatch(/<script|A"\]/)
    expect(text).toMatch(/n1 -- "\+0 → \+0x10 ×2" --> n0/)
  })

  test('as DOT has quoted labels', () => {
    const text = dot(around)
    expect(text).toContain('label="A\\"]; --> <script>\\\\u{a}`x`|{}[b] 0x10"')
    expect(text).toContain('n1 -> n0 [label="+0 → +0x10 ×2"];')
  })

  test('as text says what is left out, and steers no terminal', () => {
    expect(neighbourhoodText({ ...around, nodes: [{ ...around.nodes[0]!, block: block(0x10, '\u001b[2J') }, around.nodes[1]!] })).toBe('table[3]  +0 → \\u{1b}[2J 0x10+0x10  (2 words)\n… 7 references not shown (--limit)\n')
  })
})

describe('chains', () => {
  const chains: Why['chains'] = [{
    root: global,
    steps: [{ block: block(0x10, 'A'), toOffset: 8, fromOffset: 16, member: 'next' }, { block: block(0x30, 'B'), toOffset: 0, fromOffset: 0, member: '' }],
    skipped: 0,
    cut: 0,
  }]

  test('begin at the root and name each member', () => {
    expect(whyText({ block: block(0x30, 'B'), reachable: true, chains, head: null })).toBe('B 0x30, 24 bytes\nglobal table[3]\n  → A 0x10+8\n  .next → B 0x30\n')
  })

  test('say how many steps are left out, and name no member across the gap', () => {
    const cut = whyText({ block: block(0x30, 'B'), reachable: true, chains: [{ ...chains[0]!, skipped: 1234, cut: 1 }], head: null })
    expect(cut).toContain('  … 1,234 more steps …\n  → B 0x30\n')
  })

  test('of what leaked say what it hangs on', () => {
    const leaked = { block: block(0x30, 'B'), reachable: false, chains: [] }
    expect(whyText({ ...leaked, head: block(0x10, 'A') })).toContain('leaked: it hangs on A 0x10')
    expect(whyText({ ...leaked, head: block(0x30, 'B') })).toContain('leaked: nothing points to it')
    expect(whyText({ ...leaked, block: block(0x30, 'free', 'free'), head: null })).toContain('is free')
  })
})

describe('lists', () => {
  test('of references are told from both ends', () => {
    const row = { from: block(0x10, 'A'), root: null, fromOffset: 16, member: 'next', to: block(0x30, 'B'), toOffset: 0 }
    const page = { block: block(0x30, 'B'), rows: [row], total: 2, offset: 0 }
    expect(referencesText(page, [row], 'in')).toBe('B 0x30, 24 bytes: pointers to it\nFROM    MEMBER  TO\nA 0x10  .next\n… 1 more (--limit 2)\n')
    expect(referencesText({ ...page, total: 1 }, [row], 'out')).toBe('B 0x30, 24 bytes: what it points to\nMEMBER  TO      SIZE\n.next   B 0x30  24\n')
    expect(referencesText({ ...page, total: 0 }, [], 'in')).toBe('B 0x30, 24 bytes: pointers to it\nnone\n')
  })

  test('of leaks have the fields that scripts rely on', () => {
    expect(leakJson({ addr: 0x10, size: 24, type: null, label: 'malloc(24)', head: true, holdsCount: 2, holds: 48, headAddr: 0x10 })).toMatchObject({ addr: '0x10', size: 24, type: null, head: true, holds: 48 })
    expect(leakGroupsText([], { rows: [], total: 0, offset: 0, all: { count: 0, bytes: 0, heads: 0, unread: 4096 } }, [])).toMatch(/^nothing leaked: every used block is reached\n4.00 KiB of the process's writable memory are not in the core/)
  })

  test('of retained sizes show what dominates', () => {
    const row = { addr: 0x10, size: 24, type: 'A', label: 'A', retained: 2048, share: 0.5, dominator: null, dominates: 3 }
    expect(retainedText([row], 1, [row])).toMatch(/^dominated by, nearest first:\nRETAINED .*\n2\.00 KiB .* 0x10 .*A\n\ndominates:\nRETAINED /)
    expect(retainedText([], 0, [row])).toMatch(/dominates:\nnothing\n$/)
  })

  test('of a layout\'s words show shares', () => {
    const text = layoutText({ key: 'layout 1', layout: '24/P', size: 24, count: 2, bytes: 48, types: [], classes: [], sampled: 2, words: [{ offset: 0, pointers: 0.5, nulls: 0.5, leadsTo: [{ label: 'A', count: 1 }], values: [] }], strings: [], referrers: [] })
    expect(text).toMatch(/24\/P: 2 blocks of 24 bytes/)
    expect(text).toMatch(/0\s+50\.0 %\s+50\.0 %\s+A 50\.0 %/)
  })
})
