/**
 * Decodes one LZ4 block. Answers where the output ends, or -1 for a block that is malformed or too long: nothing
 * outside the ranges given is read or written. Source: the LZ4 block format.
 */

/** Runs shorter than this are copied byte by byte, which is faster than a call. */
const LONG_RUN = 40

/**
 * Decodes source[at, end) to target[out, limit). Matches may reach back to target[0], so that what an earlier
 * block left there is the history of a linked block; `first` is the lowest index that holds history.
 */
export function decodeLz4Block(source: Uint8Array, at: number, end: number, target: Uint8Array, out: number, limit: number, first: number): number {
  // Invariant: at <= end, first <= out <= limit.
  while (at < end) {
    const token = source[at++]

    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255 && at < end) literals += more = source[at++]
      if (more === 255) return -1
    }
    if (literals > end - at || literals > limit - out) return -1
    if (literals < LONG_RUN) for (const stop = at + literals; at < stop;) target[out++] = source[at++]
    else {
      target.set(source.subarray(at, at + literals), out)
      at += literals
      out += literals
    }
    if (at === end) return out // the last sequence has literals only

    if (end - at < 2) return -1
    const distance = source[at] | (source[at + 1] << 8)
    at += 2
    let length = token & 15
    if (length === 15) {
      let more = 255
      while (more === 255 && at < end) length += more = source[at++]
      if (more === 255) return -1
    }
    length += 4
    let from = out - distance
    if (distance === 0 || from < first || length > limit - out) return -1
    if (length < LONG_RUN) for (const stop = out + length; out < stop;) target[out++] = target[from++]
    else if (distance === 1) {
      target.fill(target[from], out, out + length)
      out += length
    } else {
      // A match may overlap what it writes: each copy doubles the run that can be copied at once.
      const stop = out + length
      while (out < stop) {
        const run = Math.min(out - from, stop - out)
        target.copyWithin(out, from, from + run)
        out += run
      }
    }
  }
  return end === 0 ? out : -1
}
