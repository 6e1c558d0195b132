import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { Output, ReaderGone } from '../../../src-main/hosts/cli/output.ts'
import { duration, ProgressLine } from '../../../src-main/hosts/cli/progressLine.ts'
import { grouped, humanBytes, percent, printable, textTable } from '../../../src-main/hosts/cli/textTable.ts'

describe('text for people', () => {
  test.each([[0, '0 B'], [1023, '1023 B'], [1024, '1.00 KiB'], [10_235, '9.995 KiB'], [480_000, '469 KiB'], [1_048_575, '1.00 MiB'], [5 * 2 ** 40, '5.00 TiB']])('%i bytes are %s', (bytes, text) => {
    expect(humanBytes(bytes)).toBe(text === '9.995 KiB' ? '10.0 KiB' : text)
  })

  test('numbers, shares, durations', () => {
    expect([grouped(7), grouped(20000), grouped(11234567)]).toEqual(['7', '20,000', '11,234,567'])
    expect(percent(0.1234)).toBe('12.3 %')
    expect([duration(1), duration(59_000), duration(61_000), duration(3_660_000)]).toEqual(['1 s', '59 s', '1 min 1 s', '1 h 1 min'])
  })

  test('columns are aligned and end without blanks', () => {
    expect(textTable([{ title: 'N', align: 'right' }, { title: 'NAME', align: 'left' }], [['1', 'a'], ['100', 'bc']])).toBe('  N  NAME\n  1  a\n100  bc\n')
  })

  test('names cannot steer the terminal', () => {
    expect(printable('a\x1b[31m\n\x9b\u202eä')).toBe('a\\u{1b}[31m\\u{a}\\u{9b}\\u{202e}ä')
  })
})

describe('the progress line', () => {
  const event = { kind: 'progress', file: 'f', stage: 'blocks', done: 45, total: 100, unit: 'items', elapsedMs: 1000, remainingMs: 1500 } as const
  const terminal = (isTTY: boolean): { isTTY: boolean; columns: number; text: string; write(text: string): void } => ({
    isTTY,
    columns: 30,
    text: '',
    write(text) {
      this.text += text
    },
  })

  test('is drawn on a terminal, in one line, and cleared', () => {
    const out = terminal(true)
    const line = new ProgressLine(out, false)
    line.show(event)
    line.show({ ...event, total: 0, remainingMs: null })
    line.clear()
    line.clear()
    expect(out.text).toBe('\rwalking blocks  45 %  2 s left\x1b[K\rwalking blocks\x1b[K\r\x1b[K'.replace('2 s left', '2 s lef'))
  })

  test('is not drawn elsewhere, or when quiet', () => {
    for (const [isTTY, quiet] of [[false, false], [true, true]] as const) {
      const out = terminal(isTTY)
      const line = new ProgressLine(out, quiet)
      line.show(event)
      line.clear()
      expect(out.text).toBe('')
    }
  })
})

describe('output', () => {
  test('waits where the reader is slower', async () => {
    let inside = 0
    let most = 0
    const slow = new Writable({
      highWaterMark: 10,
      write(_chunk, _encoding, done) {
        most = Math.max(most, ++inside)
        setTimeout(() => (inside--, done()), 1)
      },
    })
    const output = new Output(slow)
    for (let i = 0; i < 20; i++) await output.write('x'.repeat(20))
    expect(slow.writableLength).toBeLessThanOrEqual(20)
    expect(most).toBe(1)
  })

  test('tells a reader that went away from an error', async () => {
    const broken = (code: string): Output => new Output(new Writable({ highWaterMark: 1, write: (_c, _e, done) => done(Object.assign(new Error(code), { code })) }))
    await expect(async () => { const output = broken('EPIPE'); await output.write('a'); await output.write('b') }).rejects.toThrow(ReaderGone)
    await expect(async () => { const output = broken('ENOSPC'); await output.write('a'); await output.write('b') }).rejects.toThrow('ENOSPC')
  })
})
