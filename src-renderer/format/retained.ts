/** Paths of dominators as one line has room for them. */

export interface CutPath<Row> {
  head: Row[]
  skipped: number
  tail: Row[]
}

const HEAD = 2
const TAIL = 3

/** All of a short path; of a long one its beginning and its end. */
export function cutMiddle<Row>(path: Row[]): CutPath<Row> {
  if (path.length <= HEAD + TAIL + 1) return { head: path, skipped: 0, tail: [] }
  return { head: path.slice(0, HEAD), skipped: path.length - HEAD - TAIL, tail: path.slice(-TAIL) }
}
