/** The one window: sandboxed, isolated, shown when it has something to show. */
import { fileURLToPath } from 'node:url'
import { BrowserWindow, screen } from 'electron'
import { readWindowState, writeWindowState } from './windowState.ts'

export interface MainWindowOptions {
  url: string
  stateFile: string
  packaged: boolean
}

export function openMainWindow({ url, stateFile, packaged }: MainWindowOptions): BrowserWindow {
  const state = readWindowState(stateFile, screen.getAllDisplays().map((display) => display.workArea))
  const window = new BrowserWindow({
    ...(state.bounds ?? { width: 1280, height: 840 }),
    minWidth: 640,
    minHeight: 400,
    show: false,
    title: 'corelens',
    webPreferences: {
      preload: preloadPath(),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !packaged,
    },
  })
  if (state.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() }))
  // A page that does not load leaves an empty window, which at least can be seen and closed.
  window.loadURL(url).catch(() => window.show())
  return window
}

/** From the bundle only: a sandboxed preload is never loaded from source. */
export function preloadPath(from: string = import.meta.url): string {
  const end = Math.max(from.lastIndexOf('/src-main/'), from.lastIndexOf('/out/main/'))
  return fileURLToPath(`${from.slice(0, end)}/out/preload/index.cjs`)
}
