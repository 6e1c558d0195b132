/**
 * Stands in for the `electron` module: enough of its main and renderer sides for the host and the preload to run in one
 * process. What crosses IPC is cloned, as Electron clones it. Use: vi.mock('electron', () => electronStandIn().module).
 */
import { EventEmitter } from 'node:events'

type Handler = (event: unknown, ...args: unknown[]) => unknown
type Decide = (allowed: boolean) => void

export class WebContentsStandIn extends EventEmitter {
  url: string
  readonly mainFrame: { readonly url: string }
  readonly received: unknown[] = []
  windowOpen: (() => { action: string }) | null = null
  private readonly toPage: (channel: string, message: unknown) => void

  constructor(url: string, toPage: (channel: string, message: unknown) => void) {
    super()
    this.url = url
    this.toPage = toPage
    const urlNow = (): string => this.url
    this.mainFrame = { get url() { return urlNow() } }
  }

  getURL = (): string => this.url
  isDestroyed = (): boolean => false
  setWindowOpenHandler = (handler: () => { action: string }): void => void (this.windowOpen = handler)
  send = (channel: string, message: unknown): void => {
    this.received.push(message)
    this.toPage(channel, structuredClone(message))
  }
}

export interface ElectronStandIn {
  module: Record<string, unknown>
  app: EventEmitter & { isPackaged: boolean; quits: number; recent: string[] }
  /** Null until one was opened. */
  window(): (EventEmitter & { webContents: WebContentsStandIn; focused: number; options: Record<string, unknown> }) | null
  /** Calls as a page would, from `frame` of `sender`. */
  invoke(channel: string, args: unknown[], sender: unknown, frame: unknown): Promise<unknown>
  scheme(): (request: { url: string; method: string }) => Promise<Response>
  permission: { request: ((contents: unknown, name: string, decide: Decide) => void) | null; check: (() => boolean) | null; device: (() => boolean) | null }
  exposed: Record<string, unknown>
  menu(): { label?: string; submenu?: unknown }[]
  dialogAnswer: { canceled: boolean; filePaths: string[] }
  privileged: unknown[]
}

export function electronStandIn(userData: string): ElectronStandIn {
  const handlers = new Map<string, Handler>()
  const page = new EventEmitter()
  let window: ReturnType<ElectronStandIn['window']> = null
  let scheme: ReturnType<ElectronStandIn['scheme']> | null = null
  let template: { label?: string; submenu?: unknown }[] = []
  const permission: ElectronStandIn['permission'] = { request: null, check: null, device: null }

  let ready = false
  const app = Object.assign(new EventEmitter(), {
    isPackaged: true,
    quits: 0,
    recent: [] as string[],
    requestSingleInstanceLock: () => true,
    enableSandbox: () => undefined,
    isReady: () => ready,
    whenReady: () => new Promise<void>((resolve) => setImmediate(() => ((ready = true), resolve()))),
    getPath: () => userData,
    addRecentDocument: (path: string) => void app.recent.push(path),
    showAboutPanel: () => undefined,
    quit: () => {
      let prevented = false
      app.emit('before-quit', { preventDefault: () => (prevented = true) })
      if (!prevented) app.quits++
    },
  })

  class BrowserWindow extends EventEmitter {
    readonly webContents = new WebContentsStandIn('', (channel, message) => page.emit(channel, {}, message))
    readonly options: Record<string, unknown>
    focused = 0
    constructor(options: Record<string, unknown>) {
      super()
      this.options = options
      // eslint-disable-next-line @typescript-eslint/no-this-alias
      window = this
      app.emit('web-contents-created', {}, this.webContents)
    }
    loadURL = (url: string): Promise<void> => {
      this.webContents.url = url
      return Promise.resolve()
    }
    focus = (): void => void this.focused++
    maximize = (): void => undefined
    isMaximized = (): boolean => true
    isMinimized = (): boolean => false
    getNormalBounds = (): object => ({ x: 10, y: 20, width: 900, height: 700 })
    show = (): void => undefined
  }

  const invoke: ElectronStandIn['invoke'] = async (channel, args, sender, frame) => {
    const handler = handlers.get(channel)
    if (handler === undefined) throw new Error(`nothing handles ${channel}`)
    return structuredClone(await handler({ sender, senderFrame: frame }, ...(structuredClone(args) as unknown[])))
  }

  const standIn: ElectronStandIn = {
    app,
    window: () => window,
    invoke,
    scheme: () => scheme!,
    permission,
    exposed: {},
    menu: () => template,
    dialogAnswer: { canceled: true, filePaths: [] },
    privileged: [],
    module: {},
  }
  standIn.module = {
    app,
    BrowserWindow,
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    dialog: { showOpenDialog: () => Promise.resolve(standIn.dialogAnswer) },
    ipcMain: { handle: (channel: string, handler: Handler) => void handlers.set(channel, handler) },
    Menu: { buildFromTemplate: (built: typeof template) => built, setApplicationMenu: (built: typeof template) => void (template = built) },
    protocol: { registerSchemesAsPrivileged: (schemes: unknown[]) => standIn.privileged.push(...schemes) },
    session: {
      defaultSession: {
        protocol: { handle: (_name: string, handler: typeof scheme) => void (scheme = handler) },
        setPermissionRequestHandler: (handler: typeof permission.request) => void (permission.request = handler),
        setPermissionCheckHandler: (handler: typeof permission.check) => void (permission.check = handler),
        setDevicePermissionHandler: (handler: typeof permission.device) => void (permission.device = handler),
      },
    },
    contextBridge: { exposeInMainWorld: (name: string, value: unknown) => void (standIn.exposed[name] = value) },
    ipcRenderer: {
      invoke: (channel: string, ...args: unknown[]) => invoke(channel, args, window?.webContents, window?.webContents.mainFrame),
      on: (channel: string, listener: (...args: unknown[]) => void) => page.on(channel, listener),
      removeListener: (channel: string, listener: (...args: unknown[]) => void) => page.off(channel, listener),
    },
    webUtils: {
      getPathForFile: (file: unknown) => {
        if (typeof (file as { path?: unknown }).path !== 'string') throw new TypeError('not a File')
        return (file as { path: string }).path
      },
    },
  }
  return standIn
}
