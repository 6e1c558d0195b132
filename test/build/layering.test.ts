import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { describe, expect, test } from 'vitest'
import { whyForbidden } from '../../build/layering.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('who may import whom', () => {
  test.each([
    ['src-main/engine/elf/file.ts', '../ports.ts'],
    ['src-main/engine/elf/file.ts', '../../contract/rows.ts'],
    ['src-main/engine/elf/file.ts', 'elfy/lib/elfy/parser'],
    ['src-main/engine/report/markdown.ts', 'mdast-util-to-markdown'],
    ['src-main/hosts/cli/main.ts', '../../engine/errors.ts'],
    ['src-main/hosts/electron/main.ts', 'electron'],
    ['src-main/storage/lmdbIndexStore.ts', 'lmdb'],
    ['src-renderer/client.ts', '../src-main/contract/api.ts'],
    ['test/any.test.ts', 'electron'],
  ])('%s may import %s', (file, specifier) => expect(whyForbidden(file, specifier)).toBeNull())

  test.each([
    ['src-main/engine/elf/file.ts', 'node:fs'],
    ['src-main/engine/elf/file.ts', 'fs'],
    ['src-main/engine/elf/file.ts', 'lmdb'],
    ['src-main/engine/elf/file.ts', 'electron'],
    ['src-main/engine/elf/file.ts', '../../storage/fileByteSource.ts'],
    ['src-main/contract/api.ts', '../engine/errors.ts'],
    ['src-main/storage/recentFiles.ts', '../service/coreService.ts'],
    ['src-main/hosts/http/httpHost.ts', 'electron'],
    ['src-preload/index.ts', '../src-main/service/coreService.ts'],
    ['src-renderer/views/Top.svelte', '../../src-main/engine/errors.ts'],
    ['src-renderer/client.ts', 'node:fs'],
  ])('%s may not import %s', (file, specifier) => expect(whyForbidden(file, specifier)).toContain('does not import'))

  test('the lint rule bites, in every form of import', async () => {
    const eslint = new ESLint({
      cwd: root,
      overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false, project: null } }, rules: {
        '@typescript-eslint/switch-exhaustiveness-check': 'off',
        '@typescript-eslint/no-floating-promises': 'off',
        '@typescript-eslint/no-misused-promises': 'off',
      } }],
    })
    const code = `
      import { readFileSync } from 'node:fs'
      export * from '../../storage/fileByteSource.ts'
      export { open } from 'lmdb'
      export type Window = import('electron').BrowserWindow
      export const later = () => import('node:path')
      console.log(readFileSync)
      export const anything: any = 1
    `
    const [result] = await eslint.lintText(code, { filePath: `${root}src-main/engine/elf/example.ts` })
    const rules = result!.messages.map((message) => message.ruleId)
    expect(rules.filter((rule) => rule === 'corelens/layering')).toHaveLength(5)
    expect(rules).toEqual(expect.arrayContaining(['no-console', '@typescript-eslint/no-explicit-any']))
  })
})
