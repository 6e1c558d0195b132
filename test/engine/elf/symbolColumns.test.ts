import { describe, expect, test } from 'vitest'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { readSymbolColumns } from '../../../src-main/engine/elf/symbolColumns.ts'
import { sortedBy } from '../../../src-main/engine/elf/sortedBy.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { StringTable } from '../../../src-main/engine/symbols/stringTable.ts'
import { SYMBOL } from '../../../src-main/engine/symbols/tables.ts'
import { buildElfModule, STT_FUNC, STT_TLS, type ModuleSpec } from '../../builders/elfModule.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'
import { Random } from '../../builders/random.ts'

const TEXT = { name: '.text', bytes: new Uint8Array(4096), vaddr: 0x10000, flags: 5 }

function symbolsOf(files: (ModuleSpec | Uint8Array)[]): { rows: [string, number, number, number][]; diagnostics: Diagnostics } {
  const diagnostics = new Diagnostics()
  const strings = new StringTable()
  const elves = files.map((file) => new ElfFile(memoryByteSource(file instanceof Uint8Array ? file : buildElfModule({ sections: [TEXT], ...file }).bytes, 'lib.so')))
  const columns = readSymbolColumns(elves, strings, diagnostics)
  const bytes = strings.finish()
  const text = (offset: number): string => new TextDecoder().decode(bytes.subarray(offset, bytes.indexOf(0, offset)))
  const rows = Array.from({ length: columns.count }, (_, i): [string, number, number, number] => [text(columns.name[i]), columns.address[i], columns.size[i], columns.kind[i]])
  for (const column of [columns.name, columns.address, columns.size, columns.kind]) expect(column.length).toBe(columns.count)
  return { rows, diagnostics }
}

describe('symbol columns', () => {
  test('each symbol once, by address, TLS last; kinds and sizes as the file says', () => {
    const { rows, diagnostics } = symbolsOf([
      {
        dynamicSymbols: [{ name: 'run', value: 0x10020, size: 8, type: STT_FUNC }, { name: 'elsewhere', value: 0, section: '' }],
        symbols: [
          { name: 'counter', value: 8, size: 4, type: STT_TLS, section: '.text' },
          { name: 'table', value: 0x10100, size: 64 },
          { name: 'run', value: 0x10020, size: 8, type: STT_FUNC },
          { name: 'alias', value: 0x10020, size: 8, type: STT_FUNC },
          { name: 'resolve', value: 0x10010, type: 10 },
          { name: 'lib.c', value: 0x10000, type: 4 },
          { name: '', value: 0x10000, type: 3 },
        ],
      },
    ])
    expect(rows.map(([name, ...rest]) => [name, ...rest])).toEqual([
      ['resolve', 0x10010, 0, SYMBOL.ifunc],
      ['run', 0x10020, 8, SYMBOL.func],
      ['alias', 0x10020, 8, SYMBOL.func],
      ['table', 0x10100, 64, SYMBOL.object],
      ['counter', 8, 4, SYMBOL.tls],
    ])
    expect(diagnostics.rows).toEqual([])
  })

  test('versions and mapping symbols are left out, names that look alike are not', () => {
    const names = ['memcpy@@GLIBC_2.14', 'memcpy@GLIBC_2.2.5', '@odd', '$x', '$d', '$x.17', '$dollar', '$', 'a$d']
    const { rows } = symbolsOf([{ symbols: names.map((name, i) => ({ name, value: 0x10000 + i * 4, type: STT_FUNC })) }])
    expect(rows.map(([name]) => name)).toEqual(['memcpy', 'memcpy', '@odd', '$dollar', '$', 'a$d'])
  })

  test('absolute values are addresses in executables only', () => {
    const symbols = [{ name: 'GLIBC_2.2.5', value: 0 }, { name: 'inside', value: 0x10008 }]
    expect(symbolsOf([{ symbols }]).rows.map(([name]) => name)).toEqual(['inside'])
    expect(symbolsOf([{ symbols, executable: true }]).rows.map(([name]) => name)).toEqual(['GLIBC_2.2.5', 'inside'])
  })

  test('a file and its debug file have their symbols once', () => {
    const symbols = [{ name: 'run', value: 0x10020, size: 0 }, { name: 'stop', value: 0x10030 }]
    const { rows } = symbolsOf([{ symbols }, { dynamicSymbols: [{ name: 'run', value: 0x10020, size: 16, type: STT_FUNC }, { name: 'only', value: 0x10040 }] }])
    expect(rows.map(([name, , size]) => [name, size])).toEqual([['run', 16], ['stop', 0], ['only', 0]])
  })

  test('names that overlap without end stop that table, which is told', () => {
    const { bytes } = buildElfModule({ sections: [TEXT], symbols: Array.from({ length: 4000 }, (_, i) => ({ name: `n${i}`.padEnd(9, 'x'), value: 0x10000 + i })) })
    const elf = new ElfFile(memoryByteSource(bytes))
    const table = elf.readSections().find((s) => s.name === '.symtab')!
    const strings = elf.readSections().find((s) => s.name === '.strtab')!
    bytes.fill(0x41, strings.offset, strings.offset + strings.size)
    for (let at = table.offset; at < table.offset + table.size; at += 24) new DataView(bytes.buffer).setUint32(at, 0, true)
    const { rows, diagnostics } = symbolsOf([bytes])
    expect(rows.length).toBeLessThan(20)
    expect(diagnostics.rows).toMatchObject([{ kind: 'damaged', message: expect.stringContaining('overlap') }])
  })

  test('no damage of the tables escapes', () => {
    const random = new Random(5)
    const { bytes } = buildElfModule({ sections: [TEXT], symbols: Array.from({ length: 20 }, (_, i) => ({ name: `name${i}`, value: 0x10000 + i })) })
    const sectionsAt = Number(new DataView(bytes.buffer).getBigUint64(40, true))
    for (let i = 0; i < 1000; i++) {
      const damaged = bytes.slice()
      for (let k = 0; k < 4; k++) damaged[i % 2 ? sectionsAt + random.below(bytes.length - sectionsAt) : 64 + random.below(bytes.length - 64)] = random.below(256)
      symbolsOf([damaged])
    }
  })
})

test('the order by a column is that of a stable sort', () => {
  const random = new Random(11)
  for (const span of [1, 3, 0x10000, 0x10001, 2 ** 32, 2 ** 53 - 1]) {
    const keys = Float64Array.from({ length: 3000 }, () => Math.floor((random.below(2 ** 30) / 2 ** 30) * span) + (span < 2 ** 50 ? 0x5555_0000_0000 : 0))
    const order = sortedBy(keys)
    const twin = Array.from(keys, (_, i) => i).sort((a, b) => keys[a] - keys[b] || a - b)
    expect([...order]).toEqual(twin)
    expect([...sortedBy(new Uint32Array(3000), order)]).toEqual(twin)
  }
})
