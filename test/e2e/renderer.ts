/** The window built as it is packaged, but into a folder of its own: for tests against the stand-in host, which need nothing else. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface BuiltRenderer {
  folder: string
  remove(): void
}

export async function buildRenderer(): Promise<BuiltRenderer> {
  const folder = mkdtempSync(join(tmpdir(), 'corelens-renderer-'))
  await build({
    configFile: false,
    logLevel: 'error',
    root: `${ROOT}src-renderer`,
    plugins: [svelte({ configFile: false })],
    build: { outDir: folder, emptyOutDir: true, assetsInlineLimit: 0, rolldownOptions: { input: `${ROOT}src-renderer/index.html` } },
  })
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
