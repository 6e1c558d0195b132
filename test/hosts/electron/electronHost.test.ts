import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CALL_CHANNEL, OFFER_DROPPED } from '../../../src-main/contract/channels.ts'
import { pathsFromArgv } from '../../../src-main/hosts/electron/pathsFromArgv.ts'
import { readWindowState, writeWindowState } from '../../../src-main/hosts/electron/windowState.ts'
import { type ElectronStandIn, electronStandIn, WebContentsStandIn } from './electronStandIn.ts'

let folder: string
let electron: ElectronStandIn

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corelens-electron-'))
  electron = electronStandIn(folder)
  vi.resetModules()
  vi.doMock('electron', () => electron.module)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function start(argv: string[] = ['corelens']): Promise<void> {
  const { startDesktop } = await import('../../../src-main/hosts/electron/desktop.ts')
  startDesktop({ argv, workingDirectory: folder, env: { CORELENS_CACHE: join(folder, 'cache') }, platform: 'linux', workerUrl: new URL('../../workers/standIn.worker.ts', import.meta.url) })
}
const shown = (): Promise<void> => vi.waitFor(() => expect(electron.window()).not.toBeNull())
const call = (method: unknown, argument: unknown = {}): Promise<unknown> => {
  const contents = electron.window()!.webContents
  return electron.invoke(CALL_CHANNEL, [method, argument], contents, contents.mainFrame)
}
const listed = async (): Promise<{ name: string; openNow: boolean; file: string }[]> => ((await call('listFiles')) as { value: never }).value

describe('the Electron host', () => {
  test('opens a sandboxed, isolated window on its own scheme', async () => {
    await start()
    await shown()
    expect(electron.window()!.options['webPreferences']).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true, webviewTag: false, devTools: false })
    expect((electron.window()!.options['webPreferences'] as { preload: string }).preload).toMatch(/out\/preload\/index\.cjs$/)
    expect(electron.window()!.webContents.url).toBe('app://corelens/index.html')
    expect(electron.privileged).toEqual([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }])
  })

  test('a second instance leaves', async () => {
    ;(electron.module['app'] as { requestSingleInstanceLock(): boolean }).requestSingleInstanceLock = () => false
    await start()
    expect([electron.app.quits, electron.app.listenerCount('second-instance')]).toEqual([1, 0])
  })

  test('offers files from arguments, open-file before ready, second instances and the dialog', async () => {
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(folder, name), 'blocks 1')
    await start(['corelens', '--some-switch', 'a'])
    const opened = { preventDefault: vi.fn() }
    electron.app.emit('open-file', opened, join(folder, 'b'))
    await shown()
    await vi.waitFor(async () => expect((await listed()).map(({ name }) => name)).toEqual(['b', 'a']))
    expect(opened.preventDefault).toHaveBeenCalled()
    mkdirSync(join(folder, 'elsewhere'))
    const focused = electron.window()!.focused
    electron.app.emit('second-instance', {}, ['corelens', '../c', '--allow-file-access-from-files'], join(folder, 'elsewhere'))
    await vi.waitFor(async () => expect((await listed())[0]).toMatchObject({ name: 'c', openNow: true }))
    await vi.waitFor(() => expect(electron.window()!.focused).toBeGreaterThan(focused))
    electron.dialogAnswer = { canceled: false, filePaths: [join(folder, 'd')] }
    const chosen = (await call('chooseFile')) as { value: { name: string; file: string } }
    expect(chosen.value.name).toBe('d')
    expect(await call('openCore', { file: chosen.value.file })).toMatchObject({ ok: true })
    expect(electron.app.recent).toEqual([join(folder, 'd')])
    const recent = (electron.menu()[0]!.submenu as { submenu?: { label: string; click(): void }[] }[])[1]!.submenu!
    expect(recent.map(({ label }) => label)).toEqual(['d'])
    recent[0]!.click()
    await vi.waitFor(async () => expect((await listed())[0]).toMatchObject({ name: 'd', openNow: true }))
    await vi.waitFor(() => expect(electron.window()!.webContents.received.findLast((event) => (event as { kind: string }).kind === 'offered')).toMatchObject({ kind: 'offered', file: { name: 'd' } }))
  })

  test('answers only the main frame of its own page', async () => {
    await start()
    await shown()
    const contents = electron.window()!.webContents
    const foreign = new WebContentsStandIn('app://corelens/index.html', () => undefined)
    const asked: [unknown, unknown][] = [
      [foreign, foreign.mainFrame],
      [contents, null],
      [contents, { url: 'app://corelens/index.html' }],
    ]
    for (const [sender, frame] of asked) expect(await electron.invoke(CALL_CHANNEL, ['host', {}], sender, frame)).toMatchObject({ ok: false, error: { what: 'only the window of corelens may call' } })
    for (const url of ['https://evil.example/', 'app://evil/index.html', 'app://corelens.evil/', 'file:///etc/passwd', '']) {
      contents.url = url
      expect(await call('host')).toMatchObject({ ok: false })
    }
    contents.url = 'app://corelens/index.html'
    expect(await call('host')).toMatchObject({ ok: true, value: { host: 'electron', canChoose: true, canDrop: true } })
  })

  test('checks what was dropped, and method names', async () => {
    await start()
    await shown()
    for (const argument of [null, 'x', {}, { path: 5 }, { path: 'relative' }, { path: '/nul\0' }, { path: `/${'x'.repeat(40_000)}` }]) expect(await call(OFFER_DROPPED, argument)).toMatchObject({ ok: false, error: { kind: 'usage' } })
    for (const method of ['close', 'offer', 'constructor', 5, null, { toString: 'x' }]) expect(await call(method)).toMatchObject({ ok: false, error: { kind: 'usage' } })
  })

  test('grants nothing and goes nowhere', async () => {
    await start()
    await shown()
    const decide = vi.fn()
    for (const name of ['media', 'geolocation', 'openExternal', 'clipboard-read']) electron.permission.request!(electron.window()!.webContents, name, decide)
    expect(decide.mock.calls).toEqual([[false], [false], [false], [false]])
    expect([electron.permission.check!(), electron.permission.device!()]).toEqual([false, false])
    const contents = electron.window()!.webContents
    expect(contents.windowOpen!()).toEqual({ action: 'deny' })
    for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      const event = { preventDefault: vi.fn() }
      contents.emit(name, event)
      expect(event.preventDefault).toHaveBeenCalled()
    }
  })

  test('its scheme serves the interface and nothing else', async () => {
    await start()
    await shown()
    const get = (url: string, method = 'GET'): Promise<Response> => electron.scheme()({ url, method })
    for (const url of ['app://corelens/../main/electron.js', 'app://corelens/%2e%2e/main/electron.js', 'app://evil/index.html', 'app://corelens/none.js', 'app://corelens/%00']) expect([url, (await get(url)).status]).toEqual([url, 404])
    expect((await get('app://corelens/index.html', 'POST')).status).toBe(404)
    expect((await get('app://corelens/none.js')).headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  test('remembers its window and closes its service before it quits', async () => {
    await start()
    await shown()
    electron.window()!.emit('close')
    expect(JSON.parse(readFileSync(join(folder, 'window.json'), 'utf8'))).toEqual({ bounds: { x: 10, y: 20, width: 900, height: 700 }, maximized: true })
    electron.app.emit('window-all-closed')
    expect(electron.app.quits).toBe(0)
    await vi.waitFor(() => expect(electron.app.quits).toBe(1))
  })
})

describe('paths from arguments', () => {
  test.each([
    [['corelens', 'core', '/abs/core'], true, ['/here/core', '/abs/core']],
    [['electron', '.', 'core'], false, ['/here/core']],
    [['electron', '--inspect', '.', '--no-sandbox', 'core'], false, ['/here/core']],
    [['corelens', '--original-process-start-time=1', '--allow-file-access-from-files', 'core'], true, ['/here/core']],
    [['corelens', '--', '--odd-name'], true, ['/here/--odd-name']],
    [['corelens', 'file:///a%20b/core'], true, ['/a b/core']],
    [['corelens', ''], true, []],
    [['corelens'], true, []],
  ])('%j', (argv, packaged, expected) => expect(pathsFromArgv(argv, '/here', packaged)).toEqual(expected))
})

describe('the window’s place', () => {
  const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }]
  const stored = (text: string): unknown => {
    writeFileSync(join(folder, 'window.json'), text)
    return readWindowState(join(folder, 'window.json'), screens)
  }

  test('is kept when it is on a screen, else the default', () => {
    const state = { bounds: { x: 100, y: 100, width: 800, height: 600 }, maximized: false }
    writeWindowState(join(folder, 'deep', 'window.json'), state)
    expect(readWindowState(join(folder, 'deep', 'window.json'), screens)).toEqual(state)
    expect(stored(JSON.stringify({ ...state, bounds: { ...state.bounds, width: 200 } }))).toEqual({ ...state, bounds: { ...state.bounds, width: 640 } })
    for (const text of ['', '{', 'null', '[]', '{"bounds":5}', JSON.stringify({ ...state, bounds: { ...state.bounds, x: 5000 } }), '{"bounds":{"x":"0","y":0,"width":800,"height":600}}']) expect(stored(text)).toEqual({ bounds: null, maximized: false })
  })
})
