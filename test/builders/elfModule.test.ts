import { expect, test } from 'vitest'
import { buildElfModule, mappedModule, STT_FUNC } from './elfModule.ts'
import { ElfFile } from '../../src-main/engine/elf/file.ts'
import { memoryByteSource } from './memoryByteSource.ts'

const module = buildElfModule({
  soname: 'libmade.so',
  buildId: Uint8Array.of(1, 2, 3, 4),
  sections: [
    { name: '.text', vaddr: 0x10000, bytes: new Uint8Array(10).fill(0x90), flags: 5 },
    { name: '.data', vaddr: 0x20000, bytes: new Uint8Array(5000).fill(7), memSize: 9000, flags: 6 },
    { name: '.debug_info', bytes: Uint8Array.of(9) },
  ],
  dynamicSymbols: [{ name: 'malloc', value: 0x10000, type: STT_FUNC }],
  symbols: [{ name: 'main_arena', value: 0x20100, local: true }],
})

test('its sections and segments can be read back', () => {
  const elf = new ElfFile(memoryByteSource(module.bytes))
  const sections = elf.readSections()
  expect(sections.map(({ name }) => name)).toEqual(['', '.note.gnu.build-id', '.dynsym', '.dynstr', '.hash', '.dynamic', '.text', '.data', '.debug_info', '.symtab', '.strtab', '.shstrtab'])
  expect([...elf.readSection(sections[8])]).toEqual([9])
  expect(elf.segments.map(({ type }) => type)).toEqual([1, 1, 1, 2, 4])
})

test('mapped, it has whole pages, and zeroes for .bss', () => {
  const { segments, files } = mappedModule(module, 0x7f0000000000, '/lib/libmade.so')
  expect(segments.map(({ vaddr, bytes }) => [vaddr - 0x7f0000000000, bytes?.length])).toEqual([[0, 4096], [0x10000, 4096], [0x20000, 12288]])
  expect([segments[2].bytes?.[4999], segments[2].bytes?.[5000]]).toEqual([7, 0])
  expect(files.map(({ start, end, offset }) => [start - 0x7f0000000000, end - start, offset])).toEqual([[0, 4096, 0], [0x10000, 4096, 4096], [0x20000, 8192, 8192]])
})
