/** A real Chromium for the tests of the window, and a watch on everything it complains of. */

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const SCREENSHOTS = fileURLToPath(new URL('../../out/screenshots/', import.meta.url))

export const SIZES = [
  { width: 1440, height: 900 },
  { width: 900, height: 600 },
] as const

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

export interface Watched {
  context: BrowserContext
  page: Page
  /** Console errors and warnings (violations of the Content-Security-Policy among them) and uncaught exceptions. */
  problems: string[]
}

export async function openPage(browser: Browser, colorScheme: 'light' | 'dark' = 'light'): Promise<Watched> {
  const context = await browser.newContext({ viewport: SIZES[0], colorScheme, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`))
  return { context, page, problems }
}

/** Both themes at both sizes, kept as files of the run. */
export async function keepScreenshots(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  for (const { width, height } of SIZES) {
    await page.setViewportSize({ width, height })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: `${SCREENSHOTS}${name}-${width}x${height}-${colorScheme}.png` })
    }
  }
  await page.setViewportSize(SIZES[0])
  await page.emulateMedia({ colorScheme: 'light' })
}
