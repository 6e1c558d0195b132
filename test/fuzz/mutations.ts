/** Ways to damage a core image, each a pure function of its seed. */
import { Random } from '../builders/random.ts'

export const MUTATIONS = ['cut', 'header', 'memory'] as const
export type Mutation = (typeof MUTATIONS)[number]

/** Half-open ranges of the image that hold its headers and notes, and the memory that is written to. */
export interface Places {
  headers: [number, number][]
  memory: [number, number][]
}

const NUMBERS = [0n, 1n, 8n, 0x10n, 0x21n, 0x1000n, 0xffffn, 0xffffffffn, 0x100000000n, 0x7fffffffffffn, 0xffff800000000000n, 0x7fffffffffffffffn, 0xffffffffffffffffn]

/** The damaged image: a copy, or for `cut` a view of the beginning. */
export function mutate(image: Uint8Array, places: Places, mutation: Mutation, seed: number): Uint8Array {
  const random = new Random(seed)
  switch (mutation) {
    case 'cut': {
      // Cuts within the headers and notes are as frequent as those within the much larger rest.
      const [start, end] = random.below(2) ? [0, image.length] : random.pick(places.headers)
      return image.subarray(0, start + random.below(end - start))
    }
    case 'header':
      return damage(image, places.headers, random)
    case 'memory':
      return damage(image, places.memory, random)
  }
}

function damage(image: Uint8Array, ranges: [number, number][], random: Random): Uint8Array {
  const copy = image.slice()
  const view = new DataView(copy.buffer)
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const [start, end] = random.pick(ranges)
    const at = start + random.below(end - start)
    const word = at - (at % 8)
    switch (random.below(4)) {
      case 0:
        copy[at] ^= 1 << random.below(8)
        break
      case 1:
        copy[at] = random.below(256)
        break
      case 2:
        if (word + 8 <= copy.length) view.setBigUint64(word, random.pick(NUMBERS), true)
        break
      case 3:
        // One word of the image where another was: plausible, but wrong.
        if (word + 8 <= copy.length) view.setBigUint64(word, view.getBigUint64(start + (random.below(Math.max(1, end - start - 8)) & ~7), true), true)
    }
  }
  return copy
}

/** The ELF header, program headers and notes of a well-formed core, and what its writable segments hold. */
export function placesOf(image: Uint8Array): Places {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const count = view.getUint16(56, true)
  const headers: [number, number][] = [
    [0, 64],
    [64, 64 + count * 56],
  ]
  const memory: [number, number][] = []
  for (let at = 64; at < 64 + count * 56; at += 56) {
    const offset = Number(view.getBigUint64(at + 8, true))
    const end = offset + Number(view.getBigUint64(at + 32, true))
    if (end === offset) continue
    if (view.getUint32(at, true) === 4) headers.push([offset, end])
    else if (view.getUint32(at + 4, true) & 2) memory.push([offset, end])
  }
  return { headers, memory }
}
