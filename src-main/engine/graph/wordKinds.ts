/** What an aligned word of a block is, as far as its value tells. The kernel references.as.ts has the same numbers. */
import type { RangeKind } from '../../contract/rows.ts'

/** `none`: no pointer. */
export const WORD_KIND = { none: 0, blockStart: 1, blockInterior: 2, code: 3, rodata: 4, data: 5, stack: 6, vtable: 7, mapped: 8 } as const
export type WordKind = (typeof WORD_KIND)[keyof typeof WORD_KIND]

export const WORD_KIND_OF_RANGE: Record<RangeKind, WordKind> = {
  // the allocator's memory outside of blocks: headers, free tails
  allocator: WORD_KIND.mapped,
  'thread-stack': WORD_KIND.stack,
  anonymous: WORD_KIND.mapped,
  'module-data': WORD_KIND.data,
  'module-bss': WORD_KIND.data,
  'module-text': WORD_KIND.code,
  'module-rodata': WORD_KIND.rodata,
  'mapped-file': WORD_KIND.mapped,
  vdso: WORD_KIND.code,
  reserved: WORD_KIND.none,
}

/** A letter a kind, as layouts are written: `P` to a block's start, `I` into one, `V` a vtable, … */
export const WORD_LETTERS = ['-', 'P', 'I', 'C', 'R', 'D', 'S', 'V', 'M'] as const
