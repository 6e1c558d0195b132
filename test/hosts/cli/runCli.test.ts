import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from '../../../src-main/hosts/cli/runCli.ts'
import { standInBlock, standInBlockJson } from '../../workers/standInSession.ts'

const workerUrl = new URL('../../workers/standIn.worker.ts', import.meta.url)
let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'corelens-cli-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Ran {
  code: number
  out: string
  err: string
}

async function run(line: string, core = 'blocks 10', onOutput: (text: string, interrupt: () => void) => void = () => undefined): Promise<Ran> {
  const path = join(folder, 'core')
  writeFileSync(path, core)
  let out = ''
  let err = ''
  let interrupt = (): void => undefined
  const code = await runCli({
    args: line.split(' ').map((word) => (word === 'CORE' ? path : word.replace('FOLDER', folder))),
    env: { CORELENS_CACHE: join(folder, 'cache') },
    stdout: new Writable({
      write(chunk: Buffer, _encoding, done) {
        out += chunk.toString()
        onOutput(out, interrupt)
        done()
      },
    }),
    stderr: { write: (text) => void (err += text) },
    onInterrupt: (callback) => void (interrupt = callback),
    workerUrl,
  })
  return { code, out, err }
}

describe('corelens', () => {
  test('summary prints text for people', async () => {
    const { code, out, err } = await run('summary CORE')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('\nstacks\n  thread 42\n    #0 0x401012 boom\\u{1b}[2J+0x12 in demo\n    … 2 more frames\n')
    for (const part of ['42 demo, x86-64', 'SIGSEGV at 0x0', '0x401000', '0x400000', 'abcd', 'allocator-used', '4.00 KiB', '33.3 %', 'note: test at 0x10: a stand-in', 'damaged: demo .eh_frame at 0x20: a stand-in’s frame']) expect(out).toContain(part)
  })

  test('summary --json has the fields that scripts rely on', async () => {
    const { out } = await run('summary CORE --json')
    const summary = JSON.parse(out) as { accounting: Record<string, number>; mapped: number; modules: unknown[]; timings: unknown }
    expect(summary).toMatchObject({
      process: { pid: 42, command: 'demo', signal: 11, faultAddress: '0x0' },
      threads: [{ tid: 42, pc: '0x401000', frames: [{ pc: '0x401012', function: 'boom\u001b[2J', offset: 18, module: 'demo', cfa: '0x7ffd0010' }], truncated: '2 more frames are not listed' }],
      modules: [{ path: '/opt/demo', buildId: 'abcd', base: '0x400000', debug: 'full', file: '/opt/demo' }],
      allocators: [{ allocator: 'glibc' }],
      diagnostics: [{ kind: 'note', where: 'test', offset: 16, message: 'a stand-in' }, { kind: 'damaged', where: 'demo .eh_frame' }],
      timings: { open: 0.25 },
    })
    expect(Object.values(summary.accounting).reduce((a, b) => a + b)).toBe(summary.mapped)
  })

  test('top in text, JSON and JSON lines', async () => {
    const text = (await run('top CORE')).out
    expect(text).toMatch(/1\.68 MiB +44\.0 % {2}20,000 +88 {2}malloc\(80\)/)
    expect(text).toContain('40,000 used blocks')
    const json = JSON.parse((await run('top CORE --json')).out) as unknown
    expect(json).toMatchObject({ rows: [{ type: 'A', size: 24, count: 20000, bytes: 480000, share: 0.12 }, { type: null, label: 'malloc(80)', size: 88, requested: 80 }], total: { count: 40000, bytes: 2240000 } })
    const lines = (await run('top CORE --jsonl --limit 1')).out.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([expect.objectContaining({ type: 'A' })])
  })

  test('blocks in all formats', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => standInBlockJson(i))
    const lines = (await run('blocks CORE --state all --jsonl')).out.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows)
    expect(JSON.parse((await run('blocks CORE --json')).out)).toEqual({ rows, total: 10 })
    expect(JSON.parse((await run('blocks CORE --json', 'blocks 0')).out)).toEqual({ rows: [], total: 0 })
    const text = (await run('blocks CORE --limit 2')).out.split('\n')
    expect(text[0]).toMatch(/^ +ADDRESS +SIZE {2}STATE ALLOCATOR ARENA {7}TYPE$/)
    expect(text[1]).toBe('  0x55ccba2e0010            24  used  glibc     main        A<"ä">')
    expect(text).toHaveLength(4)
  })

  test('blocks of many pages arrive complete and in order', async () => {
    const { out } = await run('blocks CORE --jsonl', 'blocks 35000')
    const lines = out.trimEnd().split('\n')
    expect(lines).toHaveLength(35000)
    lines.forEach((line, i) => expect(line.startsWith(`{"addr":"0x${standInBlock(i).addr.toString(16)}"`)).toBe(true))
  })

  test('report goes to a file or to stdout', async () => {
    expect((await run('report CORE')).out).toBe(`# ${join(folder, 'core')}\n`)
    expect(await run('report CORE -o FOLDER/r.md')).toEqual({ code: 0, out: '', err: '' })
    expect(readFileSync(join(folder, 'r.md'), 'utf8')).toBe(`# ${join(folder, 'core')}\n`)
    const { code, err } = await run('report CORE -o FOLDER/none/r.md')
    expect([code, err]).toEqual([1, `corelens: the report cannot be written (ENOENT): ${folder}/none/r.md: name a file in a folder you may write to\n`])
  })

  test('the cache is where it was asked to be, and nowhere with --no-cache', async () => {
    await run('summary CORE')
    await run('summary CORE --cache FOLDER/other')
    expect(readdirSync(folder).sort()).toEqual(['cache', 'core', 'other'])
    rmSync(join(folder, 'cache'), { recursive: true })
    await run('summary CORE --no-cache')
    expect(readdirSync(folder).sort()).toEqual(['core', 'other'])
  })

  test.each([
    ['top CORE', 'unreadable', 3, /^corelens: not an ELF file: .*core: name a core dump\n$/],
    ['top CORE', 'bug', 1, /^corelens: internal error: a bug in the engine: .*core: please report it.*\n$/],
    ['top CORE', 'exit', 1, /^corelens: internal error: the analysis ended unexpectedly: .*\n$/],
    ['top FOLDER/none', '', 3, /^corelens: no such file: .*none: check the path\n$/],
    ['top FOLDER', '', 3, /^corelens: is a directory, not a core: .*\n$/],
    ['top CORE', '', 3, /^corelens: the file is empty: .*\n$/],
    ['top CORE --filter /(/', 'blocks 1', 2, /^corelens: the filter is not a regular expression: .*\n$/],
    ['find CORE x', '', 2, /^corelens: this command is not there yet: find: .*\n$/],
    ['serve FOLDER/none', '', 3, /^corelens: no such file: .*\n$/],
  ])('%s of a core that is “%s” ends with %i', async (line, core, code, message) => {
    const ran = await run(line, core)
    expect([ran.code, ran.out]).toEqual([code, ''])
    expect(ran.err).toMatch(message)
  })

  test('--debug-errors shows the trace', async () => {
    expect((await run('top CORE --debug-errors', 'bug')).err).toContain('standInSession')
  })

  test('an interrupt ends with 130 and one line', async () => {
    const { code, err } = await run('blocks CORE --jsonl', 'blocks 1000000', (_out, interrupt) => interrupt())
    expect([code, err]).toEqual([130, expect.stringMatching(/^corelens: cancelled: .*\n$/)])
  })

  test('serve prints its address and ends on an interrupt', async () => {
    const { code, out } = await run('serve CORE', 'blocks 1', (_out, interrupt) => setTimeout(interrupt, 20))
    expect([code, out]).toEqual([0, expect.stringMatching(/^corelens is at http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}\n/)])
  })
})
