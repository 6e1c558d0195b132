import { expect, test } from 'vitest'
import type { ModuleRow } from '../../../src-main/contract/rows.ts'
import { whatIsMissing } from '../../../src-main/engine/symbols/missing.ts'
import { missingText } from '../../../src-main/hosts/cli/missingOutput.ts'

const ID = (byte: string): string => byte.repeat(20)

function row(path: string, buildId: string, file = path): ModuleRow {
  const found = whatIsMissing({ path, buildId, file, state: 'none', isStripped: true, linked: true, dwz: null })
  return { path, buildId, base: 0, end: 0, debug: 'none', file, debugFiles: [], ...found }
}

test('modules that miss the same thing share a line and a command', () => {
  const text = missingText([row('/usr/lib/liba.so', ID('0a')), row('/usr/lib/libb.so', ID('0b')), row('/usr/lib/libc.so', ID('0c'), '')])
  expect(text).toBe(
    [
      'its separate debug file was not found: liba.so, libb.so',
      'neither its file nor its debug file was found: libc.so',
      '  Debian  export DEBUGINFOD_URLS=https://debuginfod.debian.net',
      '  Ubuntu  export DEBUGINFOD_URLS=https://debuginfod.ubuntu.com',
      '  Fedora  export DEBUGINFOD_URLS=https://debuginfod.fedoraproject.org',
      `  then    for id in ${ID('0a')} ${ID('0b')} ${ID('0c')}; do debuginfod-find debuginfo $id; done`,
      `  then    debuginfod-find executable ${ID('0c')}`,
      '  (debuginfod-find is in the package debuginfod (Fedora: elfutils-debuginfod-client); corelens looks into the folder it fills)',
      '',
    ].join('\n'),
  )
})

test('modules that miss two files each have one loop for both', () => {
  const text = missingText([row('/a', ID('0a'), ''), row('/b', ID('0b'), '')])
  expect(text).toContain(`then    for id in ${ID('0a')} ${ID('0b')}; do debuginfod-find executable $id; debuginfod-find debuginfo $id; done\n`)
})

test('many modules stay one line; nothing missing is no line', () => {
  const text = missingText(Array.from({ length: 40 }, (_, i) => row(`/usr/lib/lib${i}.so`, ID((i + 16).toString(16)))))
  expect(text.split('\n')[0]).toBe('its separate debug file was not found: lib0.so, lib1.so, lib2.so, lib3.so, lib4.so, lib5.so and 34 more')
  expect(text.split('\n').length).toBe(7)
  expect(missingText([{ ...row('/a', ''), missing: '', getIt: [] }])).toBe('')
})

test('no name reaches a command, nor the terminal as it is', () => {
  const hostile = '/tmp/$(reboot)`x`;\x1b[2J"\' && y'
  const text = missingText([row(hostile, ID('0a')), row(hostile + '2', 'zz; reboot')])
  expect(text).not.toContain('\x1b')
  const commands = text.split('\n').slice(1).join('\n')
  expect(commands).not.toMatch(/reboot|`|&&|zz/)
})
