/** The application menu. Pure: a template for Electron, from what is recent and what to call. */
import { basename } from 'node:path'
import type { MenuItemConstructorOptions } from 'electron'

export interface MenuOptions {
  platform: NodeJS.Platform
  packaged: boolean
  /** Paths, latest first. */
  recent: readonly string[]
  openDialog(): void
  openPath(path: string): void
  showAbout(): void
}

export function menuTemplate(options: MenuOptions): MenuItemConstructorOptions[] {
  const mac = options.platform === 'darwin'
  const appMenu: MenuItemConstructorOptions[] = mac ? [{ role: 'appMenu' }] : []
  const help: MenuItemConstructorOptions[] = mac ? [] : [{ label: 'About corelens', click: () => options.showAbout() }]
  return [
    ...appMenu,
    {
      label: '&File',
      submenu: [
        { label: '&Open…', accelerator: 'CmdOrCtrl+O', click: () => options.openDialog() },
        { label: 'Open &Recent', enabled: options.recent.length > 0, submenu: options.recent.map((path) => recentItem(path, options)) },
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...(options.packaged ? [] : [{ role: 'toggleDevTools' } as const, { role: 'reload' } as const]),
      ],
    },
    { label: '&Help', role: 'help', submenu: help },
  ]
}

function recentItem(path: string, options: MenuOptions): MenuItemConstructorOptions {
  // A single & would underline the next letter.
  return { label: basename(path).replaceAll('&', '&&'), sublabel: path, toolTip: path, click: () => options.openPath(path) }
}
