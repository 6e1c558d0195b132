/** Ways to damage debug sections, each a pure function of its seed. */
import { DWARF_SECTIONS, type DwarfFile, type DwarfSection } from '../../src-main/engine/dwarf/file.ts'
import { Random } from '../builders/random.ts'

const WORDS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff]

/** Damaged copies of the sections that are changed, the others as they are. Sections of many bytes are no likelier than others. */
export function mutateDwarf(files: DwarfFile[], seed: number): DwarfFile[] {
  const random = new Random(seed)
  const damaged = files.map((file) => ({ ...file }))
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const file = random.pick(damaged)
    const there = DWARF_SECTIONS.filter((section) => file[section].length > 0)
    // What units and abbreviations say decides most.
    const section = random.below(2) ? random.pick(there) : random.pick(there.filter((name) => name === 'info' || name === 'abbrev' || name === 'types'))
    if (section !== undefined) file[section] = damage(file, section, random)
  }
  return damaged
}

function damage(file: DwarfFile, section: DwarfSection, random: Random): Uint8Array {
  const copy = file[section].slice()
  const at = random.below(copy.length)
  const length = Math.min(copy.length - at, 1 + random.below(16))
  switch (random.below(9)) {
    case 0:
      return copy.subarray(0, at)
    case 1:
      copy[at] ^= 1 << random.below(8)
      break
    case 2:
      copy[at] = random.below(256)
      break
    case 3:
      // A LEB128 number that goes on.
      copy.fill(0x80 | random.below(128), at, at + length)
      break
    case 4:
      if (at + 4 <= copy.length) new DataView(copy.buffer).setUint32(at, random.pick(WORDS), true)
      break
    case 5:
      // Something that stands elsewhere: plausible, but wrong.
      copy.copyWithin(at, random.below(copy.length), random.below(copy.length) + 16)
      break
    case 6:
      return new Uint8Array(Buffer.concat([copy.subarray(0, at), random.bytes(length), copy.subarray(at)]))
    case 7:
      copy.copyWithin(at, at + length)
      return copy.subarray(0, copy.length - length)
    case 8:
      copy.fill(0, at, at + length)
  }
  return copy
}
