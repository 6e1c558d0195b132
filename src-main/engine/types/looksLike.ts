/**
 * What bytes look like of which nothing else is known: text and which, pointers, numbers, zeroes, what compressors leave. Judged by
 * some of their bytes, the first 256 of a block, and only said where it is sure; everything else is `mixed`.
 */

/** Names, by what looksLike answers. Values are stored: only ever add. */
export const LOOKS = [
  '', 'zeroes', 'text', 'text (JSON)', 'text (XML)', 'text (HTML)', 'text (HTTP)', 'text (SQL)', 'text (path)', 'text (URL)', 'text (UUID)', 'text (log lines)', 'text (UTF-16)', 'text (UTF-32)',
  'pointers', 'doubles', 'floats', '32-bit integers', '64-bit integers', 'compressed or random', 'mixed', 'gzip', 'zstd', 'xz', 'bzip2', 'lz4', 'zip', 'PNG', 'JPEG', 'GIF', 'PDF', 'ELF', 'SQLite', 'WebAssembly', 'mostly zeroes', '16-bit integers', 'repeated byte', 'integers',
] as const
export type Look = (typeof LOOKS)[number]

const MAGIC: { look: Look; bytes: number[] }[] = [
  { look: 'gzip', bytes: [0x1f, 0x8b, 0x08] },
  { look: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { look: 'xz', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] },
  { look: 'bzip2', bytes: [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59] },
  { look: 'lz4', bytes: [0x04, 0x22, 0x4d, 0x18] },
  { look: 'zip', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { look: 'PNG', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { look: 'JPEG', bytes: [0xff, 0xd8, 0xff] },
  { look: 'GIF', bytes: [0x47, 0x49, 0x46, 0x38] },
  { look: 'PDF', bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] },
  { look: 'ELF', bytes: [0x7f, 0x45, 0x4c, 0x46] },
  { look: 'SQLite', bytes: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66] },
  { look: 'WebAssembly', bytes: [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0] },
]
/** Blocks shorter than that are no files. */
const LEAST_FILE = 32
const byFirst = new Map<number, { code: number; bytes: number[] }[]>()
for (const { look, bytes } of MAGIC) byFirst.set(bytes[0], [...(byFirst.get(bytes[0]) ?? []), { code: LOOKS.indexOf(look), bytes }])

/** Characters that make a text. */
const LEAST_TEXT = 4
/** Behind a text's end a block of this size has nothing else; larger ones are half text at least. */
const SMALL = 40
const MOSTLY = 0.8
/** Share of nonzero words that are pointers where all of it is pointers. */
const POINTERS = 2 / 3
/** Exponents of numbers as programs have them lie this far around 1. */
const DOUBLE_EXPONENTS = 64
const FLOAT_EXPONENTS = 24
const SMALL_INTEGER = 2 ** 24
const SMALL_SHORT = 2 ** 14
const LEAST_RANDOM = 48
/** One word of so many is not zero where almost all are. */
const FEW = 8

const codeOf = (look: Look): number => LOOKS.indexOf(look)
const CODE = {
  zeroes: codeOf('zeroes'), text: codeOf('text'), utf16: codeOf('text (UTF-16)'), utf32: codeOf('text (UTF-32)'), pointers: codeOf('pointers'), doubles: codeOf('doubles'), floats: codeOf('floats'),
  integers32: codeOf('32-bit integers'), integers64: codeOf('64-bit integers'), random: codeOf('compressed or random'), mixed: codeOf('mixed'), mostlyZeroes: codeOf('mostly zeroes'), integers16: codeOf('16-bit integers'), integers: codeOf('integers'), repeated: codeOf('repeated byte'),
}

/** Index into LOOKS. @param pointers how many of the words of the sample lead into blocks */
export function looksLike(bytes: Uint8Array, from: number, length: number, pointers: number): number {
  const end = from + length
  let at = from
  while (at < end && bytes[at] === 0) at++
  if (at === end) return CODE.zeroes
  if (length >= LEAST_FILE) {
    const file = magicOf(bytes, from, end)
    if (file > 0) return file
  }
  if (pointers === 0) {
    if (at === from) {
      const text = textOf(bytes, from, end)
      if (text > 0) return text
    }
    const wide = wideText(bytes, from, end)
    if (wide > 0) return wide
  }
  return isRepeated(bytes, from, end) ? CODE.repeated : numbersOf(bytes, from, end, pointers)
}

function magicOf(bytes: Uint8Array, from: number, end: number): number {
  const choices = byFirst.get(bytes[from])
  if (choices === undefined) return 0
  for (const { code, bytes: magic } of choices) if (from + magic.length <= end && magic.every((byte, i) => bytes[from + i] === byte)) return code
  return 0
}

/** UTF-8 up to a zero, or through all of it; 0 where it is none. */
function textOf(bytes: Uint8Array, from: number, end: number): number {
  const stop = endOfText(bytes, from, end)
  const length = stop - from
  if (length < LEAST_TEXT || (stop < end && bytes[stop] !== 0)) return 0
  if (end - from > SMALL && length < (end - from) / 2) {
    for (let i = stop; i < end; i++) if (bytes[i] !== 0) return 0
  }
  return codeOf(kindOfText(bytes, from, stop))
}

/** Where what is neither printable nor well-formed UTF-8 begins. */
export function endOfText(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end) {
    const byte = bytes[at]
    if (byte < 0x80) {
      if (byte < 32 ? byte !== 9 && byte !== 10 && byte !== 13 : byte === 127) return at
      at++
      continue
    }
    const more = byte >= 0xc2 && byte < 0xe0 ? 1 : byte >= 0xe0 && byte < 0xf0 ? 2 : byte >= 0xf0 && byte < 0xf5 ? 3 : 0
    if (more === 0) return at
    // the sample may end within a character
    for (let i = 1; i <= more && at + i < end; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return at
    at += more + 1
  }
  return end
}

const latin1 = new TextDecoder('latin1')
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const PATH = /^\/(?:[\w.+@~%:-]+\/)*[\w.+@~%:-]*$/
const HTTP = /^(?:HTTP\/[12](?:\.\d)? \d{3}|(?:GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH|CONNECT) \S+ HTTP\/[12])/
const SQL = /^(?:SELECT\s.*\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(?:UNIQUE\s+|TEMP(?:ORARY)?\s+)?(?:TABLE|INDEX|VIEW|TRIGGER)\s|ALTER\s+TABLE\s|DROP\s+TABLE\s)/is
const URL = /^[a-z][a-z\d+.-]{1,15}:\/\/[^\s<>"]+$/i
const LOG = /^\[?(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\d\d:\d\d:\d\d[ .,])/
const JSON_OBJECT = /^\{\s*(?:\}|"(?:[^"\\]|\\.)*"\s*:)/
const JSON_ARRAY = /^\[\s*(?:\{\s*"|"(?:[^"\\]|\\.)*"\s*[,\]]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*[,\]]|\[\s*["\d[{-])/
const XML = /^\s*<(?:\?xml\s|!--|[A-Za-z_][\w:.-]*(?:\s+[\w:.-]+\s*=\s*["'][^"']*["'])*\s*\/?>)/
const HTML = /^\s*<(?:!DOCTYPE\s+html|html|head|body|div|span|p|a|table|script)\b/i

function kindOfText(bytes: Uint8Array, from: number, stop: number): Look {
  let first = from
  while (first < stop && (bytes[first] === 32 || (bytes[first] >= 9 && bytes[first] <= 13))) first++
  if (first === stop) return 'text'
  const lead = bytes[first]
  const isLetter = (lead | 32) >= 97 && (lead | 32) <= 122
  const isDigit = lead >= 48 && lead <= 57
  if (!isLetter && !isDigit && lead !== 0x7b && lead !== 0x5b && lead !== 0x3c && lead !== 0x2f) return 'text'
  const text = latin1.decode(bytes.subarray(first, stop))
  switch (lead) {
    case 0x7b:
      return JSON_OBJECT.test(text) ? 'text (JSON)' : 'text'
    case 0x5b:
      return LOG.test(text) ? 'text (log lines)' : JSON_ARRAY.test(text) ? 'text (JSON)' : 'text'
    case 0x3c:
      return HTML.test(text) ? 'text (HTML)' : XML.test(text) ? 'text (XML)' : 'text'
    case 0x2f:
      return text.length > 1 && PATH.test(text) ? 'text (path)' : 'text'
  }
  if (text.length === 36 && UUID.test(text)) return 'text (UUID)'
  if (LOG.test(text)) return 'text (log lines)'
  if (!isLetter) return 'text'
  if (HTTP.test(text)) return 'text (HTTP)'
  if (SQL.test(text)) return 'text (SQL)'
  return URL.test(text) ? 'text (URL)' : 'text'
}

/** UTF-16 or UTF-32 of characters that are mostly letters; 0 where it is none. */
function wideText(bytes: Uint8Array, from: number, end: number): number {
  if (bytes[from] === 0 || bytes[from + 1] !== 0) return 0
  const width = end - from >= 8 && bytes[from + 2] === 0 && bytes[from + 3] === 0 ? 4 : 2
  let letters = 0
  let count = 0
  let at = from
  for (; at + width <= end; at += width, count++) {
    const low = bytes[at]
    for (let i = 1; i < width; i++) if (bytes[at + i] !== 0) return 0
    if (low === 0) break
    if (low < 32 ? low !== 9 && low !== 10 && low !== 13 : low === 127) return 0
    if (((low | 32) >= 97 && (low | 32) <= 122) || low === 32) letters++
  }
  if (count < LEAST_TEXT || letters < MOSTLY * count || (end - from > SMALL && (at - from) * 2 < end - from)) return 0
  return width === 2 ? CODE.utf16 : CODE.utf32
}

function isRepeated(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from + 1; at < end; at++) if (bytes[at] !== bytes[from]) return false
  return true
}

function numbersOf(bytes: Uint8Array, from: number, end: number, pointers: number): number {
  let nonzero = 0
  let doubles = 0
  let floats = 0
  let small = 0
  let lanes = 0
  let lowOnly = 0
  let twos = 0
  let lowFloats = 0
  let lows = 0
  for (let at = from; at + 8 <= end; at += 8) {
    const low = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
    const high = (bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24)) >>> 0
    if (low === 0 && high === 0) continue
    nonzero++
    if (isExponent((high >>> 20) & 0x7ff, 1023, DOUBLE_EXPONENTS)) doubles++
    if (high === 0 || (high === 0xffff_ffff && low >= 0x8000_0000)) lowOnly++
    if (low !== 0) {
      const float = isExponent((low >>> 23) & 0xff, 127, FLOAT_EXPONENTS)
      lows++
      lanes++
      if (float) lowFloats++
      if (isTwo(low)) twos++
      if (isSmall(low)) small++
      else if (float) floats++
    }
    if (high !== 0) {
      lanes++
      if (isTwo(high)) twos++
      if (isSmall(high)) small++
      else if (isExponent((high >>> 23) & 0xff, 127, FLOAT_EXPONENTS)) floats++
    }
  }
  if (pointers > 0) return pointers >= POINTERS * nonzero ? CODE.pointers : CODE.mixed
  if (nonzero === 0) return CODE.mixed
  if (nonzero * FEW <= (end - from) / 8) return CODE.mostlyZeroes
  if (end - from >= LEAST_RANDOM && isRandom(bytes, from, end)) return CODE.random
  if (twos >= MOSTLY * lanes && lanes > 2) return CODE.integers16
  if (small >= MOSTLY * lanes && lanes < 3) return CODE.integers
  if (small >= MOSTLY * lanes) return nonzero > 1 && lowOnly === nonzero ? CODE.integers64 : CODE.integers32
  // two floats make a double that may be one, but the lower half of a double is seldom a float
  const isHalves = lows >= nonzero / 2 && lowFloats >= MOSTLY * lows
  if (doubles >= MOSTLY * nonzero && nonzero > 1 && !isHalves) return CODE.doubles
  if (floats + small >= MOSTLY * lanes && floats > lanes / 2 && lanes > 1) return CODE.floats
  return CODE.mixed
}

const isSmall = (lane: number): boolean => lane < SMALL_INTEGER || lane > 0xffff_ffff - SMALL_INTEGER
/** Two numbers of 16 bits, as alike as those of one array are; the upper half of one of 32 bits is far smaller. */
const isTwo = (lane: number): boolean => lane >= 0x1_0000 && lane >>> 16 < SMALL_SHORT && (lane & 0xffff) < SMALL_SHORT && (lane & 0xffff) < 32 * (lane >>> 16)
const isExponent = (exponent: number, bias: number, far: number): boolean => exponent > bias - far && exponent < bias + far

const seen = new Uint8Array(256)

/** As many different bytes as random ones have: 256 of them some 162. */
function isRandom(bytes: Uint8Array, from: number, end: number): boolean {
  seen.fill(0)
  let different = 0
  for (let at = from; at < end; at++) {
    if (seen[bytes[at]] === 0) different++
    seen[bytes[at]] = 1
  }
  return different >= 0.86 * 256 * (1 - Math.exp(-(end - from) / 256))
}
