import { describe, expect, test } from 'vitest'
import type { DwarfFile } from '../../../src-main/engine/dwarf/file.ts'
import { expressionAt, type LocationUnit } from '../../../src-main/engine/stacks/locationLists.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'

const addr = new ByteWriter().u64(0, 0x5000, 0x6000).done()
const unit = (version: number, loclistsBase = NaN): LocationUnit => ({
  unit: { version, addressSize: 8, offsetSize: 4 },
  root: { low: 0x1000, addrBase: 0, addressFile: { addr } as DwarfFile },
  loclistsBase,
})
const none = new Uint8Array(0)
const budget = { entries: 1e6 }
const w = (): ByteWriter => new ByteWriter()

describe('.debug_loc', () => {
  const loc = w()
    .u64(1) // what is in front
    .u64(0x10, 0x20).u16(1).u8(0x50)
    .u64(-1, 0x4000).u64(0x0, 0x8).u16(2).u8(0x51, 0x52)
    .u64(0, 0)
    .u64(0, 0x1000).u16(1).u8(0x53)
    .done()
  const at = (address: number): number[] | null => {
    const found = expressionAt({ loc, loclists: none, budget }, unit(4), 8, false, address)
    return found && [...found]
  }

  test('entries count from the unit, and from a base address behind one', () => {
    expect([0x100f, 0x1010, 0x101f, 0x1020].map(at)).toEqual([null, [0x50], [0x50], null])
    expect([0x3fff, 0x4000, 0x4007, 0x4008].map(at)).toEqual([null, [0x51, 0x52], [0x51, 0x52], null])
  })

  test('the end of the list is its end', () => expect(at(0x1500)).toBeNull())
  test('an index is of version 5', () => expect(expressionAt({ loc, loclists: none, budget }, unit(4), 0, true, 0x1010)).toBeNull())
  test('beyond the section', () => expect(() => expressionAt({ loc, loclists: none, budget }, unit(4), 1000, false, 0x1010)).toThrow('beyond the end'))
  test('cut off', () => expect(() => expressionAt({ loc: loc.subarray(0, 30), loclists: none, budget }, unit(4), 8, false, 0x1030)).toThrow('bytes were expected'))
})

describe('.debug_loclists', () => {
  const list = (entries: ByteWriter, address: number): number[] | null => {
    const found = expressionAt({ loc: none, loclists: entries.u8(0).done(), budget }, unit(5), 0, false, address)
    return found && [...found]
  }
  const expression = (entries: ByteWriter): ByteWriter => entries.uleb128(1).u8(0x50)

  test.each<[string, ByteWriter, [inside: number, outside: number]]>([
    ['offset_pair', expression(w().u8(4).uleb128(0x10).uleb128(0x20)), [0x1010, 0x1020]],
    ['start_end', expression(w().u8(7).u64(0x7000, 0x7010)), [0x700f, 0x7010]],
    ['start_length', expression(w().u8(8).u64(0x7000).uleb128(0x10)), [0x7000, 0x7010]],
    ['startx_endx', expression(w().u8(2).uleb128(1).uleb128(2)), [0x5fff, 0x6000]],
    ['startx_length', expression(w().u8(3).uleb128(2).uleb128(0x200)), [0x6100, 0x6200]],
    ['base_address, offset_pair', expression(w().u8(6).u64(0x9000).u8(4).uleb128(0).uleb128(8)), [0x9000, 0x1000]],
    ['base_addressx, offset_pair', expression(w().u8(1).uleb128(1).u8(4).uleb128(0).uleb128(8)), [0x5007, 0x5008]],
  ])('%s', (_name, entries, [inside, outside]) => {
    expect(list(entries, inside)).toEqual([0x50])
    expect(list(entries, outside)).toBeNull()
  })

  test('default_location is for where nothing else is', () => {
    const entries = (): ByteWriter => expression(w().u8(5).uleb128(1).u8(0x51).u8(8).u64(0x7000).uleb128(0x10))
    expect(list(entries(), 0x7005)).toEqual([0x50])
    expect(list(entries(), 0x8000)).toEqual([0x51])
  })

  test('the first of several that hold the address', () => {
    const entries = w().u8(8).u64(0x7000).uleb128(0x10).uleb128(1).u8(0x50).u8(8).u64(0x7000).uleb128(0x10).uleb128(1).u8(0x51)
    expect(list(entries, 0x7000)).toEqual([0x50])
  })

  test('by an index, whose offsets count from the unit’s base', () => {
    // two offsets at 12, a list at 12 + 8 and one at 12 + 20
    const lists = expression(w().zeroes(12).u32(8, 20).u8(3).uleb128(1).uleb128(4)).u8(0).zeroes(6)
    expression(lists.u8(4).uleb128(0).uleb128(4)).u8(0)
    const loclists = lists.done()
    expect(expressionAt({ loc: none, loclists, budget }, unit(5, 12), 0, true, 0x5000)).toEqual(Uint8Array.of(0x50))
    expect(expressionAt({ loc: none, loclists, budget }, unit(5, 12), 1, true, 0x1002)).toEqual(Uint8Array.of(0x50))
    expect(expressionAt({ loc: none, loclists, budget }, unit(5, 12), 1000, true, 0x1002)).toBeNull()
    expect(expressionAt({ loc: none, loclists, budget }, unit(5), 1, true, 0x1002)).toBeNull()
  })

  test('an index of an address that there is not holds nothing', () => expect(list(expression(w().u8(3).uleb128(99).uleb128(4)), 0x5000)).toBeNull())
  test('a budget for all', () => {
    const few = { entries: 1 }
    const loclists = expression(w().u8(4).uleb128(0).uleb128(4)).u8(0).done()
    expect([1, 2].map(() => expressionAt({ loc: none, loclists, budget: few }, unit(5), 0, false, 0x1000))).toEqual([Uint8Array.of(0x50), null])
  })

  test('an entry of nobody', () => expect(() => list(w().u8(9), 0)).toThrow('unknown kind'))
  test('a list without an end', () => expect(() => expressionAt({ loc: none, loclists: w().u8(4).uleb128(1).done(), budget }, unit(5), 0, false, 0)).toThrow('were expected'))
})
