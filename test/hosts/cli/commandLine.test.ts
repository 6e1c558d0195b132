import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src-main/engine/errors.ts'
import { readCommandLine } from '../../../src-main/hosts/cli/commandLine.ts'

const read = (line: string): ReturnType<typeof readCommandLine> => readCommandLine(line.split(' ').filter((word) => word !== ''))

describe('the command line', () => {
  test('has defaults', () => {
    const common = { open: { debug: [] }, cache: undefined, noCache: false, format: 'text', quiet: false }
    expect(read('summary core')).toEqual({ kind: 'summary', core: 'core', common })
    expect(read('top core')).toEqual({ kind: 'top', core: 'core', common, by: 'type', sort: 'bytes', filter: '', limit: null, untyped: false })
    expect(read('blocks core')).toEqual({ kind: 'blocks', core: 'core', common, state: 'all', type: undefined, size: undefined, limit: null, untyped: false })
    expect(read('report core')).toEqual({ kind: 'report', core: 'core', common, output: null })
    expect(read('serve')).toEqual({ kind: 'serve', cores: [], common, port: 0 })
  })

  test('takes options in any order', () => {
    expect(read('top --json --by size --sort count --limit 5 core --exe a.out --debug d1 --debug d2 --sysroot /r --cache /c --no-cache --quiet')).toEqual({
      kind: 'top', core: 'core', by: 'size', sort: 'count', filter: '', limit: 5, untyped: false,
      common: { open: { exe: 'a.out', debug: ['d1', 'd2'], sysroot: '/r' }, cache: '/c', noCache: true, format: 'json', quiet: true },
    })
    expect(read('blocks core --state free --type std::string --size 0x18 --jsonl')).toMatchObject({ state: 'free', type: 'std::string', size: 24, common: { format: 'jsonl' } })
    expect(read('report -o out.md core')).toMatchObject({ output: 'out.md' })
    expect(read('candidates core 0x10 --layout --limit 3')).toMatchObject({ kind: 'candidates', address: 16, layout: true, limit: 3 })
    expect(read('label core 0x10 unsigned long []')).toMatchObject({ kind: 'label', address: 16, type: 'unsigned long []', layout: false, remove: false })
    expect([read('label core'), read('label core 10 --remove')]).toMatchObject([{ type: null, remove: false }, { address: 16, remove: true }])
    expect(read('serve a b --port 8080')).toMatchObject({ cores: ['a', 'b'], port: 8080 })
  })

  test('knows what can be done with symbols', () => {
    expect(read('symbols add a b --debug d')).toMatchObject({ kind: 'symbols', action: 'add', paths: ['a', 'b'], common: { open: { debug: ['d'] } } })
    expect(read('symbols remove ab12 --json')).toMatchObject({ action: 'remove', buildIds: ['ab12'], common: { format: 'json' } })
    expect([read('symbols list'), read('symbols check')]).toMatchObject([{ action: 'list' }, { action: 'check' }])
  })

  test('knows help and version', () => {
    for (const line of ['--help', '-h', 'help', 'top --help']) expect(read(line).kind).toBe('help')
    expect(read('--version').kind).toBe('version')
  })

  test.each([
    ['', 'no command'],
    ['frobnicate core', 'no such command'],
    ['find core', 'not there yet'],
    ['refs core 0x1 --in --out', 'two directions'],
    ['refs core 0x1 --depth 11', 'too deep'],
    ['refs core 0x1 --json --format dot', 'two output formats'],
    ['refs core', 'no address'],
    ['top', 'no core file'],
    ['top a b', 'more than one file'],
    ['top core --bogus', "Unknown option '--bogus'"],
    ['summary core --by size', "Unknown option '--by'"],
    ['top core --limit', 'argument missing'],
    ['top core --limit 0', 'not a number'],
    ['top core --limit -3', 'argument'],
    ['top core --limit 1e3', 'not a number'],
    ['top core --by name', 'not a value'],
    ['blocks core --state gone', 'not a value'],
    ['top core --json --jsonl', 'two output formats'],
    ['symbols', 'not something to do with symbols'],
    ['symbols frob', 'not something to do with symbols'],
    ['symbols add', 'no files'],
    ['symbols remove', 'no build-id'],
    ['symbols list x', 'more than this command takes'],
    ['symbols list --no-cache', 'in the cache'],
    ['serve core --port 70000', 'not a port'],
  ])('refuses “%s”', (line, message) => {
    expect(() => read(line)).toThrow(UsageError)
    expect(() => read(line)).toThrow(message)
  })
})
