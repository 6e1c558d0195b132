/** Names close to one that doesn't exist: other case, without its scope, a part of it, or a few letters off. */

const MOST = 3
/** Letters that may differ. */
const FAR = 3

export function closeNames(name: string, names: readonly string[]): string[] {
  const wanted = name.trim().toLowerCase()
  if (wanted === '') return []
  const last = lastPart(wanted)
  // default arguments of templates are easily forgotten
  const beginning = wanted.endsWith('>') ? wanted.replaceAll(' ', '').replace(/>+$/, '') : null
  const template = wanted.slice(0, wanted.indexOf('<')).trimEnd()
  const found = new Map<string, number>()
  for (const name of names) {
    const lower = name.toLowerCase()
    const distance = beginning !== null && lower.startsWith(template) && lower.replaceAll(' ', '').startsWith(beginning) ? 0.5 : distanceTo(lower, wanted, last)
    if (distance < Infinity) found.set(name, Math.min(distance, found.get(name) ?? Infinity))
  }
  const sorted = [...found].sort((a, b) => a[1] - b[1] || a[0].length - b[0].length || (a[0] < b[0] ? -1 : 1))
  // what is much farther off than the nearest only distracts
  return sorted.filter(([, distance]) => distance <= sorted[0][1] + 1).slice(0, MOST).map(([close]) => close)
}

/** 0 is the same but for case; Infinity is not close. */
function distanceTo(name: string, wanted: string, last: string): number {
  if (name === wanted) return 0
  const own = lastPart(name)
  if (own === last) return 0.5
  const letters = wanted.length < 4 ? 1 : wanted.length < 8 ? 2 : FAR
  const differing = Math.min(editDistance(name, wanted, letters), editDistance(own, last, letters) + 0.5)
  if (differing <= letters + 0.5) return differing
  return wanted.length >= 3 && name.includes(wanted) ? FAR + 1 : Infinity
}

/** Behind the last `::` that is in no template argument. */
function lastPart(name: string): string {
  const end = name.indexOf('<')
  const scope = name.lastIndexOf('::', end < 0 ? name.length : end)
  return scope < 0 ? name : name.slice(scope + 2)
}

/** Levenshtein's, or Infinity beyond `most`. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Infinity
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
