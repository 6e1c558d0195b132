import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from '../../../src-main/hosts/cli/runCli.ts'
import { buildElfModule } from '../../builders/elfModule.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'corelens-cli-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Ran {
  code: number
  out: string
  err: string
}

async function run(line: string, options: { isTTY?: boolean; onError?: (interrupt: () => void) => void } = {}): Promise<Ran> {
  let out = ''
  let err = ''
  let interrupt = (): void => undefined
  const code = await runCli({
    args: line.split(' ').map((word) => word.replace('FOLDER', folder)),
    env: { CORELENS_CACHE: join(folder, 'cache') },
    stdout: new Writable({ write: (chunk: Buffer, _encoding, done) => ((out += chunk.toString()), done()) }),
    stderr: {
      isTTY: options.isTTY ?? false,
      write(text) {
        err += text
        options.onError?.(interrupt)
      },
    },
    onInterrupt: (callback) => void (interrupt = callback),
    symbolWorkerUrl: new URL('../../workers/standInSymbol.worker.ts', import.meta.url),
  })
  return { code, out, err }
}

/** A file that standInReader reads as `text` says. */
function elf(path: string, buildId: string, text: string): void {
  writeFileSync(join(folder, path), buildElfModule({ buildId: Buffer.from(buildId, 'hex'), sections: [{ name: '.stand_in', bytes: Buffer.from(text) }] }).bytes)
}

const rows = (text: string): unknown[] => text.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
const databaseFiles = (): string[] => readdirSync(join(folder, 'cache', 'symbols')).filter((name) => name.endsWith('.mdb'))

describe('corelens symbols', () => {
  test('add reads files and whole folders, and tells each in a line', async () => {
    mkdirSync(join(folder, 'lib', 'deep'), { recursive: true })
    elf('lib/a.so', 'ab12', 'units 10 bytes 10')
    elf('lib/deep/b.so', 'ab34', 'units 20 bytes 20')
    writeFileSync(join(folder, 'lib', 'README'), 'no ELF file')
    writeFileSync(join(folder, 'lib', 'empty'), '')
    symlinkSync('a.so', join(folder, 'lib', 'a.so.1'))
    symlinkSync('..', join(folder, 'lib', 'deep', 'up'))
    symlinkSync('nothing', join(folder, 'lib', 'dangling'))
    elf('c', 'cd56', 'units 30 bytes 30')
    const { code, out, err } = await run('symbols add FOLDER/lib FOLDER/c')
    expect([code, err]).toEqual([0, ''])
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toBe('    TYPES  VARIABLES  FUNCTIONS    SECONDS  FILE')
    expect(lines.slice(1).map((line) => line.trim().replace(/\d+\.\d\d/, 'N').replace(folder, '').split(/ +/)).sort()).toEqual([
      ['3', '3', '10', 'N', '/lib/a.so'],
      ['3', '3', '20', 'N', '/lib/deep/b.so'],
      ['3', '3', '30', 'N', '/c'],
    ])
  })

  test('add does not read again what is there', async () => {
    elf('a', 'ab12', 'units 10 bytes 10')
    await run('symbols add FOLDER/a')
    elf('a', 'ab12', 'bug')
    const { code, out } = await run('symbols add FOLDER/a --jsonl')
    expect([code, rows(out)]).toEqual([0, [expect.objectContaining({ path: join(folder, 'a'), buildId: 'ab12', state: 'there', functions: 10, seconds: 0 })]])
  })

  test('list, remove and check in text and JSON', async () => {
    expect((await run('symbols list')).out).toContain('is empty')
    elf('a', 'ab12', 'units 10 bytes 10')
    elf('b', 'ab34', 'units 20 bytes 20')
    await run('symbols add FOLDER/a FOLDER/b')
    const listed = JSON.parse((await run('symbols list --json')).out) as { rows: { date: string; size: number }[] }
    expect(listed).toMatchObject({ rows: [{ buildId: 'ab12', path: join(folder, 'a'), types: 3, variables: 3, functions: 10 }, { buildId: 'ab34', functions: 20 }] })
    expect(Date.now() - Date.parse(listed.rows[0].date)).toBeLessThan(60_000)
    expect(listed.rows[0].size).toBeGreaterThan(1000)
    const text = (await run('symbols list')).out
    expect(text).toMatch(/^BUILD-ID +DATE +SIZE +TYPES +VARIABLES +FUNCTIONS +PATH\nab12 .*\/a\nab34 .*\/b\n\n2 builds, /)

    expect(await run('symbols remove ab')).toEqual({ code: 2, out: '', err: 'corelens: 2 build-ids start like this: ab: give more of it\n' })
    expect(await run('symbols remove ff')).toEqual({ code: 2, out: '', err: expect.stringContaining('no such build-id') as string })
    expect(await run('symbols remove AB1')).toEqual({ code: 0, out: `removed ab12  ${join(folder, 'a')}\n`, err: '' })
    expect(rows((await run('symbols list --jsonl')).out)).toMatchObject([{ buildId: 'ab34' }])

    expect((await run('symbols check')).out).toBe('1 of 1 files are whole\n')
    const path = join(folder, 'cache', 'symbols', databaseFiles()[0])
    writeFileSync(path, readFileSync(path).fill(0x5a, 9000))
    expect((await run('symbols check')).out).toBe(`damaged, removed: ${join(folder, 'b')}\n0 of 1 files are whole\n`)
    expect(databaseFiles()).toEqual([])
    expect(JSON.parse((await run('symbols check --json')).out)).toEqual({ rows: [], damaged: 0 })
  })

  test('a named path that is nothing to read ends with 3, before anything is read', async () => {
    elf('a', 'ab12', 'units 10 bytes 10')
    writeFileSync(join(folder, 'text'), 'x'.repeat(100))
    writeFileSync(join(folder, 'empty'), '')
    for (const [name, what] of [['text', 'is not an ELF file'], ['none', 'no such file'], ['empty', 'the file is empty']]) {
      const { code, out, err } = await run(`symbols add FOLDER/a FOLDER/${name}`)
      expect([code, out]).toEqual([3, ''])
      expect(err).toMatch(new RegExp(`^corelens: ${what}: ${join(folder, name)}: [^\n]+\n$`))
    }
    expect((await run('symbols list')).out).toContain('is empty')
  })

  test('a module that fails does not stop the others, and ends with 1', async () => {
    elf('a', 'ab12', 'bug')
    elf('b', 'ab34', 'units 20 bytes 20')
    const { code, out, err } = await run('symbols add FOLDER/a FOLDER/b')
    expect([code, err]).toEqual([1, 'corelens: the symbols of 1 of 2 files could not be read: symbols add: see what is said of each\n'])
    expect(out).toContain(`-  ${join(folder, 'a')}: internal error: a bug in the reader\n`)
    expect(out).toContain(join(folder, 'b'))
  })

  test('progress is drawn on a terminal, and gone in the end', async () => {
    elf('a', 'ab12', `units 60 bytes ${100 << 20} slow`)
    const { err } = await run('symbols add FOLDER/a', { isTTY: true })
    expect(err).toMatch(/\rreading symbols {2}0 of 1 files {2}[1-9]\d? %/)
    expect(err.endsWith('\r\x1b[K')).toBe(true)
    expect((await run('symbols add FOLDER/a --quiet', { isTTY: true })).err).toBe('')
  })

  test('an interrupt ends it with 130 and leaves no half file', async () => {
    elf('a', 'ab12', `units 6000 bytes ${100 << 20} slow`)
    let interrupted = false
    const { code, err } = await run('symbols add FOLDER/a', {
      isTTY: true,
      onError(interrupt) {
        if (interrupted) return
        interrupted = true
        setTimeout(interrupt, 300)
      },
    })
    expect(code).toBe(130)
    expect(err).toMatch(/corelens: cancelled: [^\n]+\n$/)
    expect((await run('symbols list')).out).toContain('is empty')
  })
})
