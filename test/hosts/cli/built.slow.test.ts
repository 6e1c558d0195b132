/** The built command, as a shell runs it. */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from '../../../build/ensureBuilt.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const cli = join(root, 'out', 'main', 'cli.js')
const demo = join(root, 'test', 'fixtures', 'demo', 'demo.core.zst')
let folder: string
let env: NodeJS.ProcessEnv

beforeAll(() => {
  ensureBuilt()
  folder = mkdtempSync(join(tmpdir(), 'corelens-built-'))
  env = { ...process.env, CORELENS_CACHE: join(folder, 'cache') }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [cli, ...args], { env, encoding: 'utf8', maxBuffer: 1 << 30 })
const indexes = (cache: string): string[] => (existsSync(join(cache, 'cores')) ? readdirSync(join(cache, 'cores')).filter((name) => !name.endsWith('-lock')) : [])

describe('the built command', () => {
  test('is linked where npx looks', () => {
    const { status, stdout } = spawnSync('npx', ['corelens', '--version'], { cwd: root, encoding: 'utf8' })
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect([status, stdout]).toEqual([0, `corelens ${version}\n`])
  })

  test('reads the demo core: 20,000 each of malloc(48), texts, A, B', () => {
    const { status, stdout, stderr } = run('top', demo, '--json')
    expect([status, stderr]).toEqual([0, ''])
    const { rows } = JSON.parse(stdout) as { rows: { label: string; count: number }[] }
    for (const name of ['malloc(48)', 'char[]', 'A', 'B']) expect(rows.find(({ label }) => label === name)?.count).toBe(20_000)
    const untyped = JSON.parse(run('top', demo, '--json', '--untyped').stdout) as { rows: { label: string; count: number }[] }
    for (const name of ['malloc(48)', 'malloc(80)', 'A']) expect(untyped.rows.find(({ label }) => label === name)?.count).toBe(20_000)
    const blocks = run('blocks', demo, '--state', 'used', '--jsonl').stdout.trimEnd().split('\n')
    expect(blocks.length).toBeGreaterThanOrEqual(80_000)
    expect(Object.keys(JSON.parse(blocks[0]!) as object)).toEqual(expect.arrayContaining(['addr', 'size', 'state', 'allocator', 'arena', 'type', 'count', 'confidence', 'evidence']))
  })

  test('shows the same from the cache', () => {
    const cache = join(folder, 'again')
    const first = run('top', demo, '--jsonl', '--cache', cache).stdout
    expect((JSON.parse(run('summary', demo, '--json', '--cache', cache).stdout) as { cached: boolean }).cached).toBe(true)
    expect(run('top', demo, '--jsonl', '--cache', cache).stdout).toBe(first)
    expect(run('top', demo, '--jsonl', '--no-cache').stdout).toBe(first)
  })

  test('a reader that stops early is no error', () => {
    const { stdout, stderr } = spawnSync('bash', ['-c', `"${process.execPath}" "${cli}" blocks "${demo}" --jsonl | head -n 1; echo "\${PIPESTATUS[0]}"`], { env, encoding: 'utf8' })
    expect([stdout.split('\n')[1], stderr]).toEqual(['0', ''])
  })

  test.each([
    [['top', root], 3],
    [['top', join(root, 'package.json')], 3],
    [['top', process.execPath], 3],
    [['top', '/none'], 3],
    [['top'], 2],
    [['refs', demo, '0x1'], 2],
  ])('%j ends with %i and one line', (args, status) => {
    const ran = run(...args)
    expect([ran.status, ran.stdout]).toEqual([status, ''])
    expect(ran.stderr).toMatch(/^corelens: [^\n]+: [^\n]+: [^\n]+\n$/)
  })

  test('several at once leave one index of blocks and one of types, and all answer the same', async () => {
    const cache = join(folder, 'together')
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => new Promise<string>((resolve) => {
        const child = spawn(process.execPath, [cli, 'top', demo, '--jsonl', '--cache', cache], { env })
        let text = ''
        child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
        child.on('close', (code) => resolve(`${code} ${text}`))
      })),
    )
    expect(new Set(answers)).toHaveLength(1)
    expect(answers[0]).toMatch(/^0 \{/)
    expect(indexes(cache)).toEqual([expect.stringMatching(/\.mdb$/), expect.stringMatching(/\.mdb$/)])
  })

  test('a killed analysis leaves no index, and the next one clears up', async () => {
    const cache = join(folder, 'killed')
    const core = join(folder, 'demo.core.zst')
    cpSync(demo, core)
    for (const after of [150, 300, 450, 600]) {
      const child = spawn(process.execPath, [cli, 'top', core, '--cache', cache], { env, stdio: 'ignore' })
      const closed = new Promise((resolve) => child.on('close', resolve))
      setTimeout(() => child.kill('SIGKILL'), after)
      await closed
    }
    expect(run('top', core, '--cache', cache).status).toBe(0)
    expect(indexes(cache)).toEqual([expect.stringMatching(/\.mdb$/), expect.stringMatching(/\.mdb$/)])
    expect(readdirSync(join(cache, 'cores')).filter((name) => name.includes('.tmp'))).toEqual([])
  })

  test('a killed graph leaves what was whole, and the next command goes on from there', async () => {
    const cache = join(folder, 'killed graph')
    const whole = run('retained', demo, '--jsonl', '--limit', '100', '--cache', join(folder, 'whole graph')).stdout
    for (const after of [200, 300, 400, 500, 600, 700]) {
      const child = spawn(process.execPath, [cli, 'retained', demo, '--cache', cache], { env, stdio: 'ignore' })
      const closed = new Promise((resolve) => child.on('close', resolve))
      setTimeout(() => child.kill('SIGKILL'), after)
      await closed
      const temporary = indexes(cache).filter((name) => !name.endsWith('.mdb'))
      expect(temporary.every((name) => name.includes('.tmp'))).toBe(true)
    }
    expect(run('retained', demo, '--jsonl', '--limit', '100', '--cache', cache).stdout).toBe(whole)
    // blocks, references, retained sizes
    expect(indexes(cache)).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/\.mdb$/) as string))
  })

  test('the graph is told by every command and form', () => {
    const blocks = run('blocks', demo, '--state', 'used', '--jsonl', '--limit', '5').stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { addr: string; reachable: boolean; layout: string })
    expect(blocks.every(({ reachable, layout }) => reachable && layout.includes('/'))).toBe(true)
    const { addr } = blocks[1]!
    const { chains } = JSON.parse(run('why', demo, addr, '--json').stdout) as { chains: { root: { kind: string } }[] }
    expect(chains.length).toBeGreaterThan(0)
    expect(run('refs', demo, addr, '--format', 'mermaid').stdout).toMatch(/^flowchart LR\n/)
    expect(run('refs', demo, addr, '--format', 'dot', '--depth', '2').stdout).toMatch(/^digraph references \{\n[\s\S]*\}\n$/)
    expect(JSON.parse(run('refs', demo, addr, '--in', '--json').stdout)).toMatchObject({ direction: 'in', block: { addr } })
    expect(run('leaks', demo).stdout).toContain('nothing leaked')
    expect(run('leaks', demo, '--jsonl').stdout).toBe('')
    expect(JSON.parse(run('leaks', demo, '--json').stdout)).toMatchObject({ rows: [], total: 0, all: { count: 0 } })
    expect(JSON.parse(run('top', demo, '--by', 'layout', '--json').stdout)).toMatchObject({ rows: expect.arrayContaining([expect.objectContaining({ count: 20_000 })]) as unknown })
    expect(run('layout', demo, addr).stdout).toContain('OFFSET')
    expect(run('retained', demo, addr).stdout).toContain('dominated by')
  })

  test('serve ends on an interrupt, an analysis with 130', async () => {
    const serving = spawn(process.execPath, [cli, 'serve', demo], { env })
    const url = await new Promise<string>((resolve) => serving.stdout.once('data', (chunk: Buffer) => resolve(/http:\S+/.exec(chunk.toString())![0])))
    expect((await fetch(url)).status).toBe(200)
    const served = new Promise((resolve) => serving.on('close', resolve))
    serving.kill('SIGINT')
    expect(await served).toBe(0)

    const printing = spawn(process.execPath, [cli, 'blocks', demo, '--jsonl'], { env })
    await new Promise((resolve) => printing.stdout.once('readable', resolve))
    let error = ''
    printing.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()))
    printing.kill('SIGINT')
    printing.stdout.resume()
    expect(await new Promise((resolve) => printing.on('close', resolve))).toBe(130)
    expect(error).toMatch(/^corelens: cancelled: [^\n]+\n$/)
  })

  test('the demo writes its report and ends', () => {
    const { status, stdout } = spawnSync('npm', ['run', '-s', 'demo', '--', '--no-open'], { cwd: root, env, encoding: 'utf8' })
    expect(status).toBe(0)
    expect(stdout).toContain('malloc(48)')
    expect(readFileSync(join(root, 'out', 'demo-report.md'), 'utf8')).toMatch(/^# /)
  })
})
