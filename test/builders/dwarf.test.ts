import { expect, test } from 'vitest'
import { as, buildDwarf, buildUnits, die, expression, ranges, raw, ref, unit } from './dwarf.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').replace(/../g, '$& ').trim()

test('a unit of version 4: header, abbreviations, DIEs, ends of lists', () => {
  const { files: [file], offset, units } = buildUnits(unit([
    die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 }),
    die('typedef', { name: 'T', type: ref('int') }),
    raw(0x7f),
  ], { version: 4 }))
  // DWARF 4 §7.5.1.1, §7.5.2
  expect(hex(file.info)).toBe('18 00 00 00 04 00 00 00 00 00 08 01 02 69 6e 74 00 04 05 03 54 00 0c 00 00 00 7f 00')
  expect(hex(file.abbrev)).toBe('01 11 01 00 00 02 24 00 03 08 0b 0b 3e 0b 00 00 03 16 00 03 08 49 13 00 00 00')
  expect(offset('int')).toBe(12)
  expect(units).toEqual([[{ section: 'info', start: 0, end: 28 }]])
})

test('version 5 in 64-bit format', () => {
  const { files: [file] } = buildUnits(unit([die('structure_type', { name: as('strx1', 'text'), declaration: true })], { format: 64 }))
  expect(hex(file.info)).toBe('ff ff ff ff 18 00 00 00 00 00 00 00 05 00 01 08 00 00 00 00 00 00 00 00 01 10 00 00 00 00 00 00 00 02 00 00')
  expect(hex(file.strOffsets)).toBe('ff ff ff ff 0c 00 00 00 00 00 00 00 05 00 00 00 01 00 00 00 00 00 00 00')
  expect(hex(file.str)).toBe('00 74 65 78 74 00')
})

test('a type unit of version 4 lies in .debug_types and says where its type is', () => {
  const { files: [file] } = buildUnits(unit(null), unit([die('structure_type#S', { byte_size: 1 })], { version: 4, kind: 'type', id: 0x1122334455667788n, type: 'S' }))
  expect(hex(file.types)).toBe('17 00 00 00 04 00 06 00 00 00 08 88 77 66 55 44 33 22 11 18 00 00 00 01 02 01 00')
})

test('DW_FORM_ref_addr of version 2 has the size of an address; DW_FORM_indirect says its form with the value', () => {
  const { files: [file], offset } = buildUnits(
    unit([die('base_type#int', { byte_size: as('indirect', as('data2', 4)) })], { version: 2 }),
    unit([die('pointer_type', { type: ref('int') })], { version: 2 }),
  )
  expect(hex(file.info.subarray(offset('int') + 1))).toBe('05 04 00 00 12 00 00 00 02 00 0d 00 00 00 08 01 02 0c 00 00 00 00 00 00 00 00')
})

test('references reach dwz’s file and type units; what is not there is an error of the test', () => {
  const { files } = buildDwarf(
    { units: [unit([die('typedef', { type: ref('far') }), die('typedef', { type: ref('S') }), die('typedef', { name: as('GNU_strp_alt', 'x') })], { version: 4 }), unit([die('structure_type#S')], { version: 4, kind: 'type', id: 7n, type: 'S' })] },
    { kind: 'dwz', units: [unit([die('base_type#far')], { version: 4, kind: 'partial' })] },
  )
  expect(hex(files[0].info.subarray(12))).toBe('02 0c 00 00 00 03 07 00 00 00 00 00 00 00 04 01 00 00 00 00')
  expect(() => buildUnits(unit([die('typedef', { type: ref('nothing') })]))).toThrow('nothing')
  expect(() => buildUnits(unit([die('typedef', { type: as('ref1', 300) })])).files).toThrow('does not fit')
})

test('addresses, expressions and ranges', () => {
  const { files: [file] } = buildUnits(unit([
    die('variable', { location: expression(['addr', 0x1000]) }),
    die('variable', { location: expression(['addrx', 0x2000]) }),
    die('subprogram', { ranges: as('rnglistx', ranges(['offset_pair', 1, 2], ['startx_length', 0x3000, 8])) }),
  ]))
  expect(hex(file.addr)).toBe('14 00 00 00 05 00 08 00 00 20 00 00 00 00 00 00 00 30 00 00 00 00 00 00')
  expect(hex(file.rnglists)).toBe('13 00 00 00 05 00 08 00 01 00 00 00 04 00 00 00 04 01 02 03 01 08 00')
  const old = buildUnits(unit([die('subprogram', { ranges: ranges(['base_address', 0x50], ['offset_pair', 1, 2]) })], { version: 3 })).files[0]
  expect(hex(old.ranges)).toBe('ff ff ff ff ff ff ff ff 50 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00')
})

test('a package index finds each unit by its signature', () => {
  const { files: [file] } = buildDwarf({ kind: 'split', package: 5, units: [unit(null, { kind: 'split_compile', id: 0x1_0000_0003n }), unit(null, { kind: 'split_compile', id: 0x3n })] })
  const words = new Uint32Array(file.cuIndex.buffer.slice(0, file.cuIndex.byteLength))
  // DWARF 5 §7.3.5.3: version, columns, units, slots
  expect([...words.subarray(0, 4)]).toEqual([5, 2, 2, 4])
  // Both would be in slot 3: the second goes on from there by its upper half, made odd.
  expect([...words.subarray(4, 16)]).toEqual([3, 0, 0, 0, 0, 0, 3, 1, 2, 0, 0, 1])
  expect([...words.subarray(16)]).toEqual([1, 3, 0, 0, 21, 6, 21, 6, 21, 6])
})
