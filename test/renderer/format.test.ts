import { expect, test } from 'vitest'
import { hex } from '../../src-renderer/format/addresses.ts'
import { ago, clock, duration, timeLeft } from '../../src-renderer/format/durations.ts'
import { count, counted, percent, shareOf } from '../../src-renderer/format/numbers.ts'
import { fileName, folderOf } from '../../src-renderer/format/paths.ts'
import { exact, iec } from '../../src-renderer/format/sizes.ts'
import { MAX_ARGS, splitTypeName } from '../../src-renderer/format/typeName.ts'
import { signalMeaning, stageName, wasRunning } from '../../src-renderer/format/words.ts'
import { deepTemplate } from './fakeTop.ts'

test('counts are grouped by thousands whatever the machine’s language', () => {
  expect([0, 999, 20_000, 11_000_000].map(count)).toEqual(['0', '999', '20,000', '11,000,000'])
  expect(counted(1, 'thread')).toBe('1 thread')
  expect(counted(0, 'thread')).toBe('0 threads')
})

test('sizes change unit before they would read 1024.0', () => {
  expect([0, 48, 1023, 1024, 1536, 1_048_575, 1_048_576, 4 * 1024 ** 3].map(iec)).toEqual(['0 B', '48 B', '1,023 B', '1.0 KiB', '1.5 KiB', '1.0 MiB', '1.0 MiB', '4.0 GiB'])
  expect(iec(5000 * 1024 ** 5)).toBe('5000.0 PiB')
  expect(exact(1)).toBe('1 byte')
  expect(exact(468_750)).toBe('468,750 bytes')
})

test('a share that is there never reads as nothing, and one that is not all never as all', () => {
  expect([0, 0.0001, 0.12, 0.9999, 1, Number.NaN].map(percent)).toEqual(['0 %', '<0.1 %', '12.0 %', '>99.9 %', '100.0 %', '0 %'])
  expect(shareOf(3, 0)).toBe(0)
})

test('addresses are lower-case hex, also above 2^53', () => {
  expect(hex(0x55ccba2eac10)).toBe('0x55ccba2eac10')
  expect(hex(0xffffffffff600000)).toBe('0xffffffffff600000')
  expect(hex(0)).toBe('0x0')
})

test('a path is a name in a folder; a bare name has none', () => {
  expect(['/usr/lib/libc.so.6', '/core', '[vdso]'].map((path) => [fileName(path), folderOf(path)])).toEqual([['libc.so.6', '/usr/lib'], ['core', '/'], ['[vdso]', '']])
})

test('durations', () => {
  expect([0, 40, 999.6, 1400, 9960, 59_400, 59_600, 200_000, 3_900_000].map(duration)).toEqual(['0 ms', '40 ms', '1.0 s', '1.4 s', '10 s', '59 s', '1 min 00 s', '3 min 20 s', '1 h 05 min'])
  expect([1000, 16_000, 61_000, 3_700_000].map(timeLeft)).toEqual(['a few seconds', 'about 20 s', 'about 1 min', 'about 1 h 02 min'])
  expect([7000, 760_000, 3_729_000].map(clock)).toEqual(['0:07', '12:40', '1:02:09'])
})

test('moments are told from now, and become dates after a week', () => {
  const now = Date.UTC(2026, 10, 23, 12)
  const hour = 3_600_000
  expect([0.001, 0.5, 1, 5, 30, 24 * 3, 24 * 9].map((h) => ago(now - h * hour, now))).toEqual(['just now', '30 minutes ago', '1 hour ago', '5 hours ago', 'yesterday', '3 days ago', '2026-11-14'])
})

test('a type name splits into scope, name and template arguments', () => {
  expect(splitTypeName('A')).toEqual({ scope: '', name: 'A', args: '' })
  expect(splitTypeName('std::vector<Foo, std::allocator<Foo> >')).toEqual({ scope: 'std::', name: 'vector', args: '<Foo, std::allocator<Foo> >' })
  expect(splitTypeName('std::map<K::A, V>::node<int>')).toEqual({ scope: 'std::map<…>::', name: 'node', args: '<int>' })
  expect(splitTypeName('(anonymous namespace)::Foo')).toEqual({ scope: '(anonymous namespace)::', name: 'Foo', args: '' })
})

test('what does not parse as a type name is shown whole', () => {
  for (const odd of ['operator->', 'a>b', 'x::', '<<<', '<img src=x onerror="alert(1)">']) {
    const parts = splitTypeName(odd)
    expect(parts.scope + parts.name + parts.args).toBe(odd)
  }
})

test('a name of 5,000 characters keeps rows light', () => {
  const parts = splitTypeName(deepTemplate(5000))
  expect(parts.name).toBe('_Rb_tree_node')
  expect(parts.args.length).toBeLessThanOrEqual(MAX_ARGS + 1)
})

test('a process that gcore stopped for a moment was not ended by that signal', () => {
  expect(wasRunning({ signal: 19, signalName: 'SIGSTOP', writer: 'gcore' })).toBe(true)
  expect(wasRunning({ signal: 0, signalName: '', writer: 'gcore' })).toBe(true)
  expect(wasRunning({ signal: 11, signalName: 'SIGSEGV', writer: 'gcore' })).toBe(false)
  expect(wasRunning({ signal: 19, signalName: 'SIGSTOP', writer: 'kernel' })).toBe(false)
})

test('every stage has words, that of the cache too; a new one its own name', () => {
  expect(['blocks', 'cache', 'brew'].map(stageName)).toEqual(['Walk every block', 'Read from the cache', 'brew'])
})

test('signals have meanings, unknown ones none', () => {
  expect(signalMeaning({ signal: 11, signalName: 'SIGSEGV', writer: 'kernel' })).toBe('invalid memory access')
  expect(signalMeaning({ signal: 40, signalName: 'SIG40', writer: 'kernel' })).toBe('')
})
