import { describe, expect, test } from 'vitest'
import { openDwarf } from '../../../src-main/engine/dwarf/read.ts'
import { lastName, unitsNaming } from '../../../src-main/engine/dwarf/unitsNaming.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { as, buildDwarf, die, unit } from '../../builders/dwarf.ts'

const unitsWith = (name: string, form: 'strp' | 'string', version: 4 | 5 = 4) => {
  const units = ['Other', name, 'Nothing', name].map((each) => unit([die('structure_type', { name: as(form, each), byte_size: 8 })], { version }))
  return openDwarf(buildDwarf({ units }).files, new Diagnostics())
}

describe('units that hold a name', () => {
  test.each(['strp', 'string'] as const)('as %s', (form) => {
    expect([...unitsNaming(unitsWith('Player', form), 'Player')]).toEqual([1, 3])
    expect([...unitsNaming(unitsWith('ui', form), 'ui')]).toEqual([1, 3])
    expect([...unitsNaming(unitsWith('Player', form), 'Missing')]).toEqual([])
  })

  test('a name that is only the end of others is found by any of them', () => {
    const dwarf = openDwarf(buildDwarf({ units: [unit([die('structure_type', { name: 'LongPlayer', byte_size: 8 })], { version: 4 }), unit([die('structure_type', { name: 'MyPlayer', byte_size: 8 })], { version: 4 })] }).files, new Diagnostics())
    // as a linker would write `Player`: at an offset within one of the two
    const { str, info } = dwarf.files[0]
    const longPlayer = Buffer.from(str).indexOf('LongPlayer\0')
    const at = Buffer.from(info).indexOf(Buffer.from(Uint32Array.of(longPlayer).buffer))
    new DataView(info.buffer, info.byteOffset).setUint32(at, longPlayer + 4, true)
    expect([...unitsNaming(dwarf, 'Player')]).toEqual([0])
  })
})

test.each([['Player', 'Player'], ['game::Player', 'Player'], ['a::B<c::D>', 'B<c::D>'], ['a::B<c::D>::E', 'E'], ['f(a::b)::Local', 'Local'], ['', '']])('last name of %s', (name, last) => {
  expect(lastName(name)).toBe(last)
})
