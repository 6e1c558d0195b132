/**
 * The Electron host: one instance, one window, one CoreService. Files come by arguments, a second instance, the system's
 * open-file, the dialog, the menu and drops; all are offered to the service, and the page opens them.
 */
import { join } from 'node:path'
import { app, type BrowserWindow, dialog, ipcMain, Menu, session } from 'electron'
import { CoreService } from '../../service/coreService.ts'
import { cacheFolder } from '../../storage/cacheFolder.ts'
import { RecentFiles } from '../../storage/recentFiles.ts'
import { rendererFolder } from '../rendererFiles.ts'
import { version } from '../version.ts'
import { APP_URL, isAppUrl, registerAppScheme, serveAppScheme } from './appScheme.ts'
import { serveIpc } from './ipc.ts'
import { lockContents, lockSession } from './lockdown.ts'
import { openMainWindow } from './mainWindow.ts'
import { menuTemplate } from './menu.ts'
import { pathsFromArgv } from './pathsFromArgv.ts'

export interface DesktopOptions {
  argv: readonly string[]
  workingDirectory: string
  env: NodeJS.ProcessEnv
  platform: NodeJS.Platform
  workerUrl?: URL
}

/** Called once, synchronously, before Electron is ready. */
export function startDesktop(options: DesktopOptions): void {
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  app.enableSandbox()
  registerAppScheme()
  lockContents(app)
  new Desktop(options).listen()
}

class Desktop {
  private readonly options: DesktopOptions
  private readonly cache: string
  private readonly service: CoreService
  /** The page's address: the bundle, or the development server of an unpackaged app. */
  private readonly url: string
  private window: BrowserWindow | null = null
  private hasQuit = false

  constructor(options: DesktopOptions) {
    this.options = options
    this.cache = cacheFolder(undefined, options.env)
    this.url = (app.isPackaged ? undefined : options.env['ELECTRON_RENDERER_URL']) ?? APP_URL
    this.service = new CoreService({
      info: { host: 'electron', version, canChoose: true, canDrop: true },
      open: { debug: [] },
      cacheFolder: this.cache,
      remember: true,
      choose: () => this.choose(),
      onOpened: (path) => this.opened(path),
      workerUrl: options.workerUrl,
    })
  }

  listen(): void {
    app.on('open-file', (event, path) => {
      event.preventDefault()
      void this.offer([path])
    })
    app.on('second-instance', (_event, argv, workingDirectory) => void this.offer(pathsFromArgv(argv, workingDirectory, app.isPackaged)))
    app.on('activate', () => this.show())
    app.on('window-all-closed', () => {
      if (this.options.platform !== 'darwin') app.quit()
    })
    app.on('before-quit', (event) => this.quit(event))
    void this.offer(pathsFromArgv(this.options.argv, this.options.workingDirectory, app.isPackaged))
    app.whenReady().then(
      () => this.ready(),
      () => app.quit(),
    )
  }

  private ready(): void {
    serveAppScheme(session.defaultSession, rendererFolder())
    lockSession(session.defaultSession)
    serveIpc(ipcMain, { service: this.service, isOwnUrl: (url) => this.isOwnUrl(url), contents: () => this.window?.webContents ?? null })
    this.updateMenu()
    this.show()
  }

  /** Before there is a page, files wait in the service, where the page finds them. The first one is opened. */
  private async offer(paths: readonly string[]): Promise<void> {
    for (const [i, path] of [...paths.entries()].reverse()) await this.service.offer(path, i === 0)
    if (app.isReady()) this.show()
  }

  private show(): void {
    if (!app.isReady()) return
    if (this.window === null) {
      this.window = openMainWindow({ url: this.url, stateFile: join(app.getPath('userData'), 'window.json'), packaged: app.isPackaged })
      this.window.on('closed', () => void (this.window = null))
      return
    }
    if (this.window.isMinimized()) this.window.restore()
    this.window.focus()
  }

  private async choose(): Promise<string | null> {
    const options: Electron.OpenDialogOptions = {
      title: 'Open a core dump',
      properties: ['openFile', 'showHiddenFiles', 'dontAddToRecent'],
    }
    const { canceled, filePaths } = await (this.window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(this.window, options))
    return canceled ? null : (filePaths[0] ?? null)
  }

  private async chooseAndOffer(): Promise<void> {
    const path = await this.choose()
    if (path !== null) await this.offer([path])
  }

  private opened(path: string): void {
    app.addRecentDocument(path)
    this.updateMenu()
  }

  private updateMenu(): void {
    const template = menuTemplate({
      platform: this.options.platform,
      packaged: app.isPackaged,
      recent: new RecentFiles(this.cache).list().map(({ path }) => path),
      openDialog: () => void this.chooseAndOffer(),
      openPath: (path) => void this.offer([path]),
      showAbout: () => app.showAboutPanel(),
    })
    Menu.setApplicationMenu(Menu.buildFromTemplate(template))
  }

  /** Workers close their files before the process ends. */
  private quit(event: { preventDefault(): void }): void {
    if (this.hasQuit) return
    event.preventDefault()
    void this.service.close().finally(() => {
      this.hasQuit = true
      app.quit()
    })
  }

  private isOwnUrl(url: string): boolean {
    if (this.url === APP_URL) return isAppUrl(url)
    return URL.canParse(url) && new URL(url).origin === new URL(this.url).origin
  }
}
