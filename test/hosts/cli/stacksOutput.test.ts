import { describe, expect, test } from 'vitest'
import type { FrameRow, ThreadStack } from '../../../src-main/contract/stackRows.ts'
import { stackJson, stacksText } from '../../../src-main/hosts/cli/stacksOutput.ts'

const frame = (name: string, pc: number, more: Partial<FrameRow> = {}): FrameRow => ({ pc, function: name, offset: 16, module: 'demo', cfa: 0x7000, signal: false, guessed: false, ...more })
const stack = (tid: number, frames: FrameRow[], more: Partial<ThreadStack> = {}): ThreadStack => ({ tid, frames, count: frames.length, truncated: '', ...more })

describe('as text', () => {
  test('threads in the same functions stand together', () => {
    expect(stacksText([stack(1, [frame('poll', 0x10), frame('main', 0x20)]), stack(2, [frame('wait', 0x30)]), stack(3, [frame('poll', 0x14), frame('main', 0x20)])])).toBe(
      '2 threads 1, 3\n  #0 0x10 poll+0x10 in demo\n  #1 0x20 main+0x10 in demo\n\nthread 2\n  #0 0x30 wait+0x10 in demo\n',
    )
  })

  test('a recursion is one line', () => {
    const text = stacksText([stack(1, [frame('leaf', 1), ...Array.from({ length: 12 }, () => frame('again', 2)), frame('main', 3)])])
    expect(text).toBe('thread 1\n  #0  0x1 leaf+0x10 in demo\n  #1  0x2 again+0x10 in demo  12 times\n  #13 0x3 main+0x10 in demo\n')
  })

  test('what has no name, no module, and a signal handler’s frame', () => {
    const text = stacksText([stack(1, [frame('', 1), frame('', 2, { module: '', guessed: true }), frame('__restore_rt', 3, { signal: true })], { truncated: 'no call frame information for 0x3' })])
    expect(text).toBe('thread 1\n  #0 0x1 in demo+0x10\n  #1 0x2 in no module  (by frame pointers)\n  #2 0x3 __restore_rt+0x10 in demo  ← a signal handler was called\n  … no call frame information for 0x3\n')
  })

  test('very many threads', () => {
    const text = stacksText([...Array.from({ length: 30 }, (_, i) => stack(i, [frame(`f${i}`, i)])), ...Array.from({ length: 12 }, (_, i) => stack(100 + i, [frame('f0', 0)]))])
    expect(text).toContain('13 threads 0, 100, 101, 102, 103, 104, 105, 106, 107, 108 and 3 more\n')
    expect(text).toContain('… and 10 more\n')
  })

  test('a thread without frames', () => expect(stacksText([stack(1, [], { truncated: 'the core does not say where it runs' })])).toBe('thread 1\n  … the core does not say where it runs\n'))
})

test('as JSON', () => {
  expect(stackJson(stack(1, [frame('f', 0x10), frame('g', 0x20, { cfa: null, signal: true })], { truncated: 'why' }))).toEqual({
    frames: [{ pc: '0x10', function: 'f', offset: 16, module: 'demo', cfa: '0x7000' }, { pc: '0x20', function: 'g', offset: 16, module: 'demo', cfa: null, signal: true }],
    truncated: 'why',
  })
  expect(stackJson(stack(1, [frame('f', 0x10)], { count: 5 }))).toMatchObject({ truncated: '4 more frames are not listed' })
})
