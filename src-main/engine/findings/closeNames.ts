/** Names close to one that doesn't exist: other case, without its scope, a part of it, or a few letters off. */
import type { NamedTypes } from '../symbols/namedTypes.ts'

const MOST = 3
/** Letters that may differ. */
const FAR = 3

export function closeNames(name: string, { lower, names }: Pick<NamedTypes, 'lower' | 'names'>): string[] {
  const wanted = name.trim().toLowerCase()
  if (wanted === '') return []
  const last = lastPart(wanted)
  // default arguments of templates are easily forgotten
  const beginning = wanted.endsWith('>') ? wanted.replaceAll(' ', '').replace(/>+$/, '') : null
  const found = new Map<string, number>()
  for (let i = 0; i < lower.length; i++) {
    const distance = beginning !== null && lower[i].replaceAll(' ', '').startsWith(beginning) ? 0.5 : distanceTo(lower[i], wanted, last)
    if (distance < Infinity) found.set(names[i], Math.min(distance, found.get(names[i]) ?? Infinity))
  }
  const sorted = [...found].sort((a, b) => a[1] - b[1] || a[0].length - b[0].length || (a[0] < b[0] ? -1 : 1))
  // what is much farther off than the nearest only distracts
  return sorted.filter(([, distance]) => distance <= sorted[0][1] + 1).slice(0, MOST).map(([close]) => close)
}

/** 0 is the same but for case; Infinity is not close. */
function distanceTo(name: string, wanted: string, last: string): number {
  if (name === wanted) return 0
  if (lastPart(name) === last) return 0.5
  const letters = wanted.length < 4 ? 1 : wanted.length < 8 ? 2 : FAR
  const differing = Math.min(Math.abs(name.length - wanted.length) <= letters ? editDistance(name, wanted, letters) : Infinity, Math.abs(lastPart(name).length - last.length) <= letters ? editDistance(lastPart(name), last, letters) + 0.5 : Infinity)
  if (differing <= letters + 0.5) return differing
  return wanted.length >= 3 && name.includes(wanted) ? FAR + 1 : Infinity
}

/** Behind the last `::` that is in no template argument. */
function lastPart(name: string): string {
  const end = name.indexOf('<')
  return name.slice(name.lastIndexOf('::', end < 0 ? name.length : end) + (name.lastIndexOf('::', end < 0 ? name.length : end) < 0 ? 1 : 2))
}

/** Levenshtein's, or Infinity beyond `most`. */
function editDistance(a: string, b: string, most: number): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
      least = Math.min(least, row[j])
    }
    if (least > most) return Infinity
    previous = row
  }
  return previous[b.length]
}
