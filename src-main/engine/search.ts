/** Binary search, for wherever it is not the inner loop. */

/** The first index for which a monotonic test holds; `count` where it holds for none. */
export function firstWhere(count: number, test: (i: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (test(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** The item that an address lies in; items are disjoint and in address order. */
export function itemAt<T extends { end: number }>(items: readonly T[], startOf: (item: T) => number, address: number): T | null {
  const item = items[firstWhere(items.length, (i) => startOf(items[i]) > address) - 1]
  return item && address < item.end ? item : null
}

/** Position of a number in a sorted column; -1 where it isn't there. */
export function itemIndex(sorted: Uint32Array, wanted: number): number {
  const at = firstWhere(sorted.length, (i) => sorted[i] >= wanted)
  return sorted[at] === wanted ? at : -1
}
