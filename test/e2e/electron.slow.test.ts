/** The same window in Electron itself, where its binary is installed: opened with a core on the command line. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron } from 'playwright-core'
import { expect, test } from 'vitest'
import { electronBinary } from '../../build/electronBinary.ts'
import { build, DEMO_CORE } from './served.ts'

const binary = electronBinary()

test('the window opens a core and shows what uses the most memory', async ({ skip }) => {
  if (binary === null) return skip('Electron\'s binary or a display is not there')
  build()
  const cache = mkdtempSync(join(tmpdir(), 'corelens-electron-'))
  const app = await _electron.launch({ executablePath: binary, args: ['.', DEMO_CORE], env: { ...process.env, CORELENS_CACHE: cache } as Record<string, string> })
  try {
    const page = await app.firstWindow()
    await page.getByRole('heading', { name: 'demo' }).waitFor({ timeout: 60_000 })
    await page.getByText('char[]').first().waitFor()
    const isolated = await page.evaluate(() => typeof (globalThis as { require?: unknown }).require === 'undefined')
    expect(isolated).toBe(true)
  } finally {
    await app.close()
    rmSync(cache, { recursive: true, force: true })
  }
})
