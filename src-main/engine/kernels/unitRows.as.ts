/**
 * Reads the DIEs of one unit into rows and tells what each type is: the two loops over all debug information.
 * AssemblyScript; its slow twins are dwarf/readRows.ts and dwarf/typeHash.ts, which read the units that this can't, and
 * say what every step means. Source: DWARF 5 §7.5.
 *
 * Positions are bytes from the unit's start. Whatever is damaged or unusual ends the walk: the twin then reads the unit
 * anew and says what is wrong. Nothing outside of the areas that `areas` points to is read or written.
 */

// where the areas are: see dwarf/unitKernel.ts, which lays them out in this order
let bytes: usize = 0, steps: usize = 0, dense: usize = 0, tags: usize = 0, hasChildren: usize = 0, declares: usize = 0, readPlans: usize = 0, skipPlans: usize = 0
let actions: usize = 0, kinds: usize = 0, stack: usize = 0, values: usize = 0, lows: usize = 0, highs: usize = 0, found: usize = 0
let AT: usize = 0, TAG: usize = 0, PARENT: usize = 0, END: usize = 0, END_AT: usize = 0, NAME: usize = 0, LINKAGE: usize = 0, TYPE: usize = 0, OTHER: usize = 0, SIZE: usize = 0, PLACE: usize = 0
let FLAGS: usize = 0, LOW: usize = 0, HIGH: usize = 0, FIRST_BIT: usize = 0, BIT_COUNT: usize = 0, EXTRA: usize = 0, FILE: usize = 0, LINE: usize = 0
let HASH1: usize = 0, HASH2: usize = 0, SCOPE1: usize = 0, SCOPE2: usize = 0, STATE: usize = 0, CLASS: usize = 0, NAMED_BY: usize = 0, ROW_AT: usize = 0
/** Entries of 16 bytes: where a text is, and its hash. */
let cache: usize = 0
/** Classes are entries of 16 bytes: halves of the type's hash and of its family's. */
let slots: usize = 0, classes: usize = 0, newRows: usize = 0, seen: usize = 0, oddRows: usize = 0

// numbers of the unit
let unitSize: u32 = 0, unitStart: u32 = 0, dies: u32 = 0, denseLength: u32 = 0, capacity: u32 = 0, offsetSize: u32 = 0, addressSize: u32 = 0, isTypeUnit: u32 = 0, isC: u32 = 0, slotCount: u32 = 0, classCapacity: u32 = 0
let unitRef: f64 = 0, fileRef: f64 = 0, dwzRef: f64 = 0, strings: f64 = 0, lineStrings: f64 = 0, inlineText: f64 = 0, dwzStrings: f64 = 0

// what is asked of the thread: see dwarf/unitKernel.ts
@external('env', 'hashText') declare function hashText(text: f64): void
@external('env', 'indexedText') declare function indexedText(index: f64): f64
@external('env', 'indexedAddress') declare function indexedAddress(index: f64): f64
@external('env', 'signature') declare function signature(low: i32, high: i32): f64
@external('env', 'placeOf') declare function placeOf(at: u32, size: u32): f64
@external('env', 'placeIsThreadLocal') declare function placeIsThreadLocal(): u32
@external('env', 'memberPlace') declare function memberPlace(at: u32, size: u32, isVirtual: u32): f64
@external('env', 'foreignType') declare function foreignType(ref: f64): void
@external('env', 'foreignName') declare function foreignName(ref: f64): void
@external('env', 'foreignHasName') declare function foreignHasName(ref: f64): u32
@external('env', 'foreignSize') declare function foreignSize(ref: f64): f64
@external('env', 'locateSkipped') declare function locateSkipped(position: u32): i32

/** Rows so far; those behind `ordered` were asked for later. */
export let count: u32 = 0
export let ordered: u32 = 0
/** Classes so far, void counted. */
export let classCount: u32 = 1
export let newCount: u32 = 0
export let seenCount: u32 = 0
export let oddCount: u32 = 0

const OK: u32 = 0
/** The areas are too small. */
const FULL: u32 = 1
/** The twin has to read the unit. */
const UNUSUAL: u32 = 2

// dwarf/forms.ts, OP
const OP_END: u32 = 0, OP_SKIP: u32 = 1, OP_SKIP_LEB: u32 = 2, OP_SKIP_BLOCK1: u32 = 3, OP_SKIP_BLOCK2: u32 = 4, OP_SKIP_BLOCK4: u32 = 5, OP_SKIP_BLOCK: u32 = 6, OP_SKIP_STRING: u32 = 7
const OP_U1: u32 = 16, OP_U2: u32 = 17, OP_U4: u32 = 18, OP_U8: u32 = 19, OP_SLEB: u32 = 20, OP_ULEB: u32 = 21, OP_FLAG: u32 = 22, OP_PRESENT: u32 = 23, OP_IMPLICIT: u32 = 24, OP_STRP: u32 = 25, OP_LINE_STRP: u32 = 27, OP_STRING: u32 = 29
const OP_STRX: u32 = 30, OP_STRX1: u32 = 31, OP_STRX4: u32 = 34, OP_STRP_ALT: u32 = 35, OP_REF1: u32 = 40, OP_REF4: u32 = 42, OP_REF8: u32 = 43, OP_REF_UDATA: u32 = 44, OP_REF_ADDR4: u32 = 45, OP_REF_ADDR8: u32 = 46, OP_REF_SIG8: u32 = 47, OP_REF_ALT4: u32 = 48, OP_REF_ALT8: u32 = 49
const OP_ADDR: u32 = 50, OP_ADDRX: u32 = 52, OP_ADDRX1: u32 = 53, OP_ADDRX4: u32 = 56, OP_BLOCK1: u32 = 60, OP_BLOCK4: u32 = 62, OP_BLOCK: u32 = 63, OP_OFFSET4: u32 = 64, OP_OFFSET8: u32 = 65, OP_LISTX: u32 = 66
const NO_SLOT: u32 = 255

// dwarf/abbreviations.ts, SLOT
const S_NAME = 0, S_TYPE = 1, S_SIZE = 2, S_MEMBER = 3, S_MEMBER_EXPRESSION = 4, S_LOCATION = 5, S_LOW = 6, S_HIGH_ADDRESS = 7, S_HIGH = 8, S_RANGES = 9, S_RANGES_INDEX = 10, S_FILE = 11, S_LINE = 12, S_DECLARATION = 13
const S_ORIGIN = 14, S_LINKAGE = 15, S_UPPER = 16, S_COUNT = 17, S_ENCODING = 18, S_VALUE = 19, S_BIT_SIZE = 20, S_DATA_BIT = 21, S_BIT_OFFSET = 22, S_VIRTUALITY = 23, S_SIBLING = 24, S_SIGNATURE = 25, S_CONTAINING = 26
const S_ALIGNMENT = 27, S_ENUM_CLASS = 28, S_DISCRIMINANT = 29, S_DISCRIMINANT_VALUE = 30, S_EXTERNAL = 31

// dwarf/rows.ts, ROW
const R_DECLARATION: u32 = 1, R_EXTERNAL: u32 = 2, R_SCOPED: u32 = 4, R_VIRTUAL: u32 = 8, R_VECTOR: u32 = 16, R_TLS: u32 = 32, R_PLACED: u32 = 64, R_COUNTED: u32 = 128, R_VALUED: u32 = 256, R_BIT_FIELD: u32 = 512
const R_RANGES: u32 = 1024, R_RANGES_INDEX: u32 = 2048, R_FROM_TOP: u32 = 4096

// dwarf/constants.ts
const T_ARRAY = 0x01, T_CLASS = 0x02, T_ENUMERATION = 0x04, T_PARAMETER = 0x05, T_MEMBER = 0x0d, T_STRUCTURE = 0x13, T_SUBROUTINE = 0x15, T_TYPEDEF = 0x16, T_UNION = 0x17, T_UNSPECIFIED_PARAMETERS = 0x18, T_VARIANT = 0x19
const T_INHERITANCE = 0x1c, T_PTR_TO_MEMBER = 0x1f, T_SUBRANGE = 0x21, T_BASE = 0x24, T_ENUMERATOR = 0x28, T_SUBPROGRAM = 0x2e, T_VARIANT_PART = 0x33, T_VARIABLE = 0x34, T_INTERFACE = 0x38, T_NAMESPACE = 0x39, T_GENERIC_SUBRANGE = 0x45

const IGNORE: u32 = 0, KEEP: u32 = 1, VARIABLE: u32 = 2, PARAMETER: u32 = 3
const MAX_DEPTH: u32 = 20_000
const OWN: u32 = 0x8000_0000

/** @param areas 32-bit addresses in the order of the globals above, then the numbers, then (8 bytes aligned) the 64-bit ones */
export function bind(areas: usize): void {
  let p = areas
  bytes = load<u32>(p); steps = load<u32>(p, 4); dense = load<u32>(p, 8); tags = load<u32>(p, 12); hasChildren = load<u32>(p, 16); declares = load<u32>(p, 20); readPlans = load<u32>(p, 24); skipPlans = load<u32>(p, 28)
  p += 32
  actions = load<u32>(p); kinds = load<u32>(p, 4); stack = load<u32>(p, 8); values = load<u32>(p, 12); lows = load<u32>(p, 16); highs = load<u32>(p, 20); found = load<u32>(p, 24)
  p += 28
  AT = load<u32>(p); TAG = load<u32>(p, 4); PARENT = load<u32>(p, 8); END = load<u32>(p, 12); END_AT = load<u32>(p, 16); NAME = load<u32>(p, 20); LINKAGE = load<u32>(p, 24); TYPE = load<u32>(p, 28); OTHER = load<u32>(p, 32); SIZE = load<u32>(p, 36); PLACE = load<u32>(p, 40)
  p += 44
  FLAGS = load<u32>(p); LOW = load<u32>(p, 4); HIGH = load<u32>(p, 8); FIRST_BIT = load<u32>(p, 12); BIT_COUNT = load<u32>(p, 16); EXTRA = load<u32>(p, 20); FILE = load<u32>(p, 24); LINE = load<u32>(p, 28)
  p += 32
  HASH1 = load<u32>(p); HASH2 = load<u32>(p, 4); SCOPE1 = load<u32>(p, 8); SCOPE2 = load<u32>(p, 12); STATE = load<u32>(p, 16); CLASS = load<u32>(p, 20); NAMED_BY = load<u32>(p, 24); ROW_AT = load<u32>(p, 28)
  p += 32
  cache = load<u32>(p); slots = load<u32>(p, 4); classes = load<u32>(p, 8); newRows = load<u32>(p, 12); seen = load<u32>(p, 16); oddRows = load<u32>(p, 20)
  p += 24
  unitSize = load<u32>(p); unitStart = load<u32>(p, 4); dies = load<u32>(p, 8); denseLength = load<u32>(p, 12); capacity = load<u32>(p, 16); offsetSize = load<u32>(p, 20); addressSize = load<u32>(p, 24); isTypeUnit = load<u32>(p, 28); isC = load<u32>(p, 32); slotCount = load<u32>(p, 36); classCapacity = load<u32>(p, 40)
  p = (p + 44 + 7) & ~7
  unitRef = load<f64>(p); fileRef = load<f64>(p, 8); dwzRef = load<f64>(p, 16); strings = load<f64>(p, 24); lineStrings = load<f64>(p, 32); inlineText = load<f64>(p, 40); dwzStrings = load<f64>(p, 48)
}

// ---- attributes ----

/** Bits of the slots that the last plan filled. */
let present: u32 = 0
/** What was read is no number that the rest can rely on, or lies beyond the unit. */
let failed: bool = false

// @ts-ignore: decorator
@inline
function has(slot: i32): bool { return (present & (1 << slot)) != 0 }
// @ts-ignore: decorator
@inline
function value(slot: i32): f64 { return load<f64>(values + (slot << 3)) }
// @ts-ignore: decorator
@inline
function low(slot: i32): i32 { return load<i32>(lows + (slot << 2)) }
// @ts-ignore: decorator
@inline
function high(slot: i32): i32 { return load<i32>(highs + (slot << 2)) }
// @ts-ignore: decorator
@inline
function set(slot: u32, number: f64): void { store<f64>(values + (slot << 3), number); present |= 1 << slot }
// @ts-ignore: decorator
@inline
function setConstant(slot: u32, l: i32, h: i32): void {
  store<i32>(lows + (slot << 2), l)
  store<i32>(highs + (slot << 2), h)
  set(slot, <f64>h * 4294967296.0 + <f64><u32>l)
}

let lebValue: f64 = 0

/** Answers where it ends. */
function leb(p: u32): u32 {
  let byte: u32 = p < unitSize ? load<u8>(bytes + p) : 128
  if (byte < 128) { lebValue = <f64>byte; return p + 1 }
  let number: f64 = 0
  let factor: f64 = 1
  while (p < unitSize && factor < 72057594037927936.0) {
    byte = load<u8>(bytes + p++)
    number += <f64>(byte & 127) * factor
    if (byte < 128) { lebValue = number; return p }
    factor *= 128
  }
  failed = true
  return unitSize
}

function longLeb(slot: u32, start: u32, signed: bool): u32 {
  let l: i32 = 0
  let h: i32 = 0
  let p = start
  for (let shift: i32 = 0; shift < 70; shift += 7) {
    if (p >= unitSize) break
    const byte = <i32>load<u8>(bytes + p++)
    if (shift < 28) l |= (byte & 127) << shift
    else if (shift == 28) { l |= (byte & 15) << 28; h = (byte & 127) >> 4 }
    else if (shift < 64) h |= (byte & 127) << (shift - 32)
    if (byte >= 128) continue
    if (signed && (byte & 64) != 0 && shift + 7 < 64) {
      if (shift + 7 < 32) { l |= -1 << (shift + 7); h = -1 } else h |= -1 << (shift + 7 - 32)
    }
    store<i32>(lows + (slot << 2), l)
    store<i32>(highs + (slot << 2), h)
    set(slot, (signed ? <f64>h : <f64><u32>h) * 4294967296.0 + <f64><u32>l)
    return p
  }
  failed = true
  return unitSize
}

/** An unsigned number of 1 to 8 bytes. */
function fixed(p: u32, size: u32): f64 {
  if (p + size > unitSize) { failed = true; return 0 }
  if (size == 4) return <f64>load<u32>(bytes + p)
  if (size == 1) return <f64>load<u8>(bytes + p)
  if (size == 2) return <f64>load<u16>(bytes + p)
  if (size == 8) return <f64>load<u32>(bytes + p, 4) * 4294967296.0 + <f64>load<u32>(bytes + p)
  return <f64>(<u32>load<u16>(bytes + p) | (<u32>load<u8>(bytes + p, 2) << 16))
}

/** Bytes to jump over: beyond the unit is a failure, told before positions overflow. */
// @ts-ignore: decorator
@inline
function over(p: u32, size: f64): u32 {
  if (size > <f64>(unitSize - min<u32>(p, unitSize))) { failed = true; return unitSize }
  return p + <u32>size
}

function skipText(p: u32): u32 {
  while (p < unitSize && load<u8>(bytes + p) != 0) p++
  return p + 1
}

/** Runs a plan from p on; answers where the DIE ends. `failed` tells whether that is true. */
function run(plan: u32, from: u32): u32 {
  const base = bytes
  const size = unitSize
  const slotValues = values
  const slotLows = lows
  let p = from
  let pc = steps + (<usize>plan << 2)
  present = 0
  let step = load<u32>(pc)
  while (step != OP_END) {
    const slot = step >> 8
    const op = step & 0xff
    pc += 4
    if (op == OP_SKIP) {
      p += slot
      step = load<u32>(pc)
      continue
    }
    if (op == OP_PRESENT) {
      present |= 1 << slot
      step = load<u32>(pc)
      continue
    }
    if (op == OP_IMPLICIT) {
      const l = load<i32>(pc)
      const h = load<i32>(pc, 4)
      pc += 8
      if (slot != NO_SLOT) setConstant(slot, l, h)
      step = load<u32>(pc)
      continue
    }
    // the commonest of the others, where nothing can lie beyond the unit
    if (p + 4 <= size) {
      let number: u32 = 0
      let width: u32 = 0
      if (op == OP_U1) { number = load<u8>(base + p); width = 1 }
      else if (op == OP_U2) { number = load<u16>(base + p); width = 2 }
      else if (op == OP_U4) { number = load<u32>(base + p); width = 4 }
      if (width != 0) {
        store<u32>(slotLows + (slot << 2), number)
        store<i32>(highs + (slot << 2), 0)
        store<f64>(slotValues + (slot << 3), <f64>number)
        present |= 1 << slot
        p += width
        step = load<u32>(pc)
        continue
      }
      if (op == OP_REF4) {
        store<f64>(slotValues + (slot << 3), unitRef + <f64>load<u32>(base + p))
        present |= 1 << slot
        p += 4
        step = load<u32>(pc)
        continue
      }
      if (op == OP_STRP && offsetSize == 4) {
        store<f64>(slotValues + (slot << 3), strings + <f64>load<u32>(base + p))
        present |= 1 << slot
        p += 4
        step = load<u32>(pc)
        continue
      }
    }
    if (p >= size) { failed = true; return size }
    switch (op) {
      case OP_SKIP_LEB: { while (p < size && load<u8>(base + p) >= 128) p++; p++; break }
      case OP_SKIP_BLOCK1: p += 1 + <u32>load<u8>(base + p); break
      case OP_SKIP_BLOCK2: { const n = fixed(p, 2); p = over(p + 2, n); break }
      case OP_SKIP_BLOCK4: { const n = fixed(p, 4); p = over(p + 4, n); break }
      case OP_SKIP_BLOCK: { p = leb(p); p = over(p, lebValue); break }
      case OP_SKIP_STRING: p = skipText(p); break
      case OP_U1: setConstant(slot, <i32>load<u8>(base + p), 0); p += 1; break
      case OP_U2: setConstant(slot, <i32>fixed(p, 2), 0); p += 2; break
      case OP_U4: { const n = <u32>fixed(p, 4); setConstant(slot, <i32>n, 0); p += 4; break }
      case OP_U8: {
        const l = <u32>fixed(p, 4)
        const h = <u32>fixed(p + 4, 4)
        setConstant(slot, <i32>l, <i32>h)
        set(slot, <f64>h * 4294967296.0 + <f64>l)
        p += 8
        break
      }
      case OP_SLEB: p = longLeb(slot, p, true); break
      case OP_ULEB: p = longLeb(slot, p, false); break
      case OP_FLAG: { if (load<u8>(base + p) != 0) set(slot, 1); p += 1; break }
      case OP_STRING: set(slot, inlineText + <f64>p); p = skipText(p); break
      case OP_STRP: set(slot, strings + fixed(p, offsetSize)); p += offsetSize; break
      case OP_LINE_STRP: set(slot, lineStrings + fixed(p, offsetSize)); p += offsetSize; break
      case OP_STRP_ALT: { const n = fixed(p, offsetSize); p += offsetSize; if (dwzStrings >= 0) set(slot, dwzStrings + n); break }
      case OP_STRX: p = leb(p); set(slot, indexedText(lebValue)); break
      case OP_REF4: set(slot, unitRef + fixed(p, 4)); p += 4; break
      case OP_REF_UDATA: p = leb(p); set(slot, unitRef + lebValue); break
      case OP_REF_ADDR4: set(slot, fileRef + fixed(p, 4)); p += 4; break
      case OP_REF_ADDR8: set(slot, fileRef + fixed(p, 8)); p += 8; break
      case OP_REF_SIG8: {
        const l = <i32><u32>fixed(p, 4)
        const h = <i32><u32>fixed(p + 4, 4)
        p += 8
        if (!failed) set(slot, signature(l, h))
        break
      }
      case OP_REF_ALT4: case OP_REF_ALT8: {
        const size: u32 = op == OP_REF_ALT4 ? 4 : 8
        const n = fixed(p, size)
        p += size
        if (dwzRef >= 0) set(slot, dwzRef + n)
        break
      }
      case OP_ADDR: set(slot, fixed(p, addressSize)); p += addressSize; break
      case OP_ADDRX: p = leb(p); set(slot, indexedAddress(lebValue)); break
      case OP_OFFSET4: set(slot, fixed(p, 4)); p += 4; break
      case OP_OFFSET8: set(slot, fixed(p, 8)); p += 8; break
      case OP_LISTX: p = leb(p); set(slot, lebValue); break
      default: {
        if (op >= OP_STRX1 && op <= OP_STRX4) { const size = op - OP_STRX1 + 1; set(slot, indexedText(fixed(p, size))); p += size; break }
        if (op >= OP_ADDRX1 && op <= OP_ADDRX4) { const size = op - OP_ADDRX1 + 1; set(slot, indexedAddress(fixed(p, size))); p += size; break }
        if (op >= OP_REF1 && op <= OP_REF8) { const size: u32 = 1 << (op - OP_REF1); set(slot, unitRef + fixed(p, size)); p += size; break }
        if (op >= OP_BLOCK1 && op <= OP_BLOCK) {
          let size: f64
          if (op == OP_BLOCK) { p = leb(p); size = lebValue } else { const width: u32 = 1 << (op - OP_BLOCK1); size = fixed(p, width); p += width }
          const end = over(p, size)
          store<i32>(lows + (slot << 2), <i32>(end - p))
          set(slot, <f64>p)
          p = end
          break
        }
        // an unknown form, or one that stands with its value
        failed = true
      }
    }
    if (failed) return unitSize
    step = load<u32>(pc)
  }
  if (p > unitSize) failed = true
  return p
}

// ---- rows ----

// @ts-ignore: decorator
@inline
function tagOf(row: u32): u32 { return <u32>load<u16>(TAG + (<usize>row << 1)) }
// @ts-ignore: decorator
@inline
function flagsOf(row: u32): u32 { return <u32>load<u16>(FLAGS + (<usize>row << 1)) }
// @ts-ignore: decorator
@inline
function u32Of(column: usize, row: u32): u32 { return load<u32>(column + (<usize>row << 2)) }
// @ts-ignore: decorator
@inline
function f64Of(column: usize, row: u32): f64 { return load<f64>(column + (<usize>row << 3)) }
// @ts-ignore: decorator
@inline
function setU32(column: usize, row: u32, number: u32): void { store<u32>(column + (<usize>row << 2), number) }
// @ts-ignore: decorator
@inline
function setF64(column: usize, row: u32, number: f64): void { store<f64>(column + (<usize>row << 3), number) }
// @ts-ignore: decorator
@inline
function isRecord(tag: u32): bool { return tag == T_STRUCTURE || tag == T_CLASS || tag == T_UNION || tag == T_INTERFACE }

function isInFunction(row: u32): bool {
  for (; row != 0; row = u32Of(PARENT, row)) if (tagOf(row) == T_SUBPROGRAM) return true
  return false
}

function add(position: u32, tag: u32, parent: u32): u32 {
  const row = count++
  setU32(AT, row, unitStart + position)
  setU32(ROW_AT, position, row)
  store<u16>(TAG + (<usize>row << 1), <u16>tag)
  setU32(PARENT, row, parent)
  setU32(END, row, row + 1)
  setU32(END_AT, row, 0)
  store<u8>(STATE + <usize>row, 0)
  setU32(CLASS, row, 0)
  setU32(NAMED_BY, row, 0)
  return row
}

/** As JavaScript stores a number in a column of 32 bits: modulo 2^32. */
function wrapped(number: f64): u32 {
  if (number >= -2147483648.0 && number <= 2147483647.0) return <u32><i32>number
  if (!isFinite(number)) return 0
  const whole = trunc(number)
  return <u32>(whole - floor(whole / 4294967296.0) * 4294967296.0)
}

function keep(position: u32, tag: u32, parent: u32): u32 {
  const row = add(position, tag, parent)
  setF64(NAME, row, has(S_NAME) ? value(S_NAME) : -1)
  if (tag == T_ENUMERATOR) {
    setF64(TYPE, row, -1)
    setU32(LOW, row, low(S_VALUE))
    setU32(HIGH, row, high(S_VALUE))
    store<u16>(FLAGS + (<usize>row << 1), has(S_VALUE) ? <u16>R_VALUED : 0)
    return row
  }
  let flags: u32 = 0
  setF64(LINKAGE, row, has(S_LINKAGE) ? value(S_LINKAGE) : -1)
  setF64(TYPE, row, has(S_TYPE) ? value(S_TYPE) : -1)
  let other: f64 = -1
  if (has(S_ORIGIN)) other = value(S_ORIGIN)
  else if (has(S_SIGNATURE)) other = value(S_SIGNATURE)
  else if (has(S_CONTAINING) && tag == T_PTR_TO_MEMBER) other = value(S_CONTAINING)
  else if (has(S_DISCRIMINANT) && tag == T_VARIANT_PART) other = value(S_DISCRIMINANT)
  setF64(OTHER, row, other)
  setU32(FILE, row, has(S_FILE) ? wrapped(value(S_FILE)) : 0xffff_ffff)
  setU32(LINE, row, has(S_LINE) ? wrapped(value(S_LINE)) : 0)
  setF64(SIZE, row, has(S_SIZE) ? value(S_SIZE) : -1)
  setU32(EXTRA, row, has(S_ENCODING) ? wrapped(value(S_ENCODING)) : has(S_ALIGNMENT) ? wrapped(value(S_ALIGNMENT)) : 0)
  setU32(LOW, row, 0)
  setU32(HIGH, row, 0)
  if (has(S_DECLARATION)) flags |= R_DECLARATION
  if (has(S_EXTERNAL)) flags |= tag == T_ARRAY ? R_VECTOR : R_EXTERNAL
  if (has(S_ENUM_CLASS)) flags |= R_SCOPED
  switch (tag) {
    case T_MEMBER: case T_INHERITANCE:
      flags |= placeOfMember(row)
      break
    case T_SUBPROGRAM:
      if (has(S_LOW) && (has(S_HIGH) || has(S_HIGH_ADDRESS))) {
        flags |= R_PLACED
        setF64(PLACE, row, value(S_LOW))
        setF64(SIZE, row, has(S_HIGH) ? value(S_HIGH) : value(S_HIGH_ADDRESS) - value(S_LOW))
      } else if (has(S_RANGES) || has(S_RANGES_INDEX)) {
        flags |= R_PLACED | R_RANGES | (has(S_RANGES) ? 0 : R_RANGES_INDEX)
        setF64(PLACE, row, value(has(S_RANGES) ? S_RANGES : S_RANGES_INDEX))
      }
      break
    case T_SUBRANGE: case T_GENERIC_SUBRANGE:
      flags |= elements(row)
      break
    case T_BASE:
      if (!has(S_SIZE) && has(S_BIT_SIZE)) setF64(SIZE, row, ceil(value(S_BIT_SIZE) / 8))
      break
    default:
      if (has(S_VALUE) || has(S_DISCRIMINANT_VALUE)) {
        const slot = has(S_VALUE) ? S_VALUE : S_DISCRIMINANT_VALUE
        flags |= R_VALUED
        setU32(LOW, row, low(slot))
        setU32(HIGH, row, high(slot))
      }
  }
  store<u16>(FLAGS + (<usize>row << 1), <u16>flags)
  return row
}

function placeOfMember(row: u32): u32 {
  let flags: u32 = 0
  let place: f64 = 0
  if (has(S_MEMBER)) place = value(S_MEMBER)
  else if (has(S_MEMBER_EXPRESSION)) place = memberPlace(unitStart + <u32>value(S_MEMBER_EXPRESSION), low(S_MEMBER_EXPRESSION), 0)
  if (has(S_VIRTUALITY) && value(S_VIRTUALITY) != 0) {
    flags |= R_VIRTUAL
    if (has(S_MEMBER_EXPRESSION)) place = memberPlace(unitStart + <u32>value(S_MEMBER_EXPRESSION), low(S_MEMBER_EXPRESSION), 1)
  }
  store<u16>(BIT_COUNT + (<usize>row << 1), 0)
  setU32(FIRST_BIT, row, 0)
  if (has(S_BIT_SIZE)) {
    flags |= R_BIT_FIELD
    store<u16>(BIT_COUNT + (<usize>row << 1), <u16>wrapped(value(S_BIT_SIZE)))
    if (has(S_DATA_BIT)) {
      const bit = value(S_DATA_BIT) + (has(S_MEMBER) ? place * 8 : 0)
      place = floor(bit / 8)
      // as JavaScript's %: the sign of the dividend
      setU32(FIRST_BIT, row, wrapped(bit - trunc(bit / 8) * 8))
    } else if (has(S_BIT_OFFSET)) {
      setU32(FIRST_BIT, row, low(S_BIT_OFFSET))
      flags |= R_FROM_TOP
    }
  } else if (has(S_DATA_BIT)) place = floor(value(S_DATA_BIT) / 8)
  setF64(PLACE, row, place)
  return flags
}

function elements(row: u32): u32 {
  if (has(S_COUNT)) {
    setU32(LOW, row, low(S_COUNT))
    setU32(HIGH, row, high(S_COUNT))
    return R_COUNTED
  }
  if (!has(S_UPPER)) return 0
  if (value(S_UPPER) == 4294967295.0) return R_COUNTED
  let l: i32 = low(S_UPPER) + 1
  let h: i32 = l == 0 ? high(S_UPPER) + 1 : high(S_UPPER)
  if (has(S_DATA_BIT) && value(S_DATA_BIT) != 0) {
    const below = <u32>low(S_DATA_BIT)
    h = h - high(S_DATA_BIT) - (<u32>l < below ? 1 : 0)
    l = <i32>(<u32>l - below)
  }
  setU32(LOW, row, l)
  setU32(HIGH, row, h)
  return R_COUNTED
}

/** Fills the columns. FULL: nothing of them is of use. */
export function walk(): u32 {
  count = 0
  ordered = 0
  failed = false
  let p = dies
  let depth: u32 = 0
  let parent: u32 = 0
  while (p < unitSize) {
    const start = p
    let code = <u32>load<u8>(bytes + p++)
    if (code >= 128) {
      p = leb(start)
      if (failed || lebValue > 4294967295.0) return UNUSUAL
      code = <u32>lebValue
    }
    if (code == 0) {
      if (depth == 0) break
      depth--
      const frame = load<u32>(stack + (<usize>depth << 2))
      if (frame >= OWN) {
        setU32(END, frame - OWN, count)
        setU32(END_AT, frame - OWN, unitStart + p)
      }
      if (depth == 0) break
      parent = load<u32>(stack + (<usize>(depth - 1) << 2)) & ~OWN
      continue
    }
    const entry = code < denseLength ? load<u32>(dense + (<usize>code << 2)) : 0
    if (entry == 0) return UNUSUAL
    const tag = <u32>load<u16>(tags + (<usize>(entry - 1) << 1))
    const children = load<u8>(hasChildren + <usize>(entry - 1)) != 0
    const action = depth == 0 ? KEEP : <u32>load<u8>(actions + tag)
    let row: i32 = -1
    if (load<u8>(declares + <usize>(entry - 1)) != 0 && isTypeUnit == 0 && depth != 0 && !isInFunction(parent)) {
      const inside = run(load<u32>(skipPlans + (<usize>(entry - 1) << 2)), p)
      if (failed) return UNUSUAL
      if (!children) { p = inside; continue }
      if (has(S_SIBLING)) {
        const next = value(S_SIBLING) - unitRef
        if (next >= <f64>inside && next <= <f64>unitSize) { p = <u32>next; continue }
      }
    }
    if (action == IGNORE || (action == PARAMETER && tagOf(parent) != T_SUBROUTINE)) {
      p = run(load<u32>(skipPlans + (<usize>(entry - 1) << 2)), p)
      if (failed) return UNUSUAL
    } else {
      if (count == capacity) return FULL
      p = run(load<u32>(readPlans + (<usize>(entry - 1) << 2)), p)
      if (failed) return UNUSUAL
      if (depth == 0) row = add(start, tag, 0)
      else if (action == VARIABLE) {
        let place: f64 = NaN
        let isThreadLocal: u32 = 0
        if (has(S_LOCATION)) {
          const expression = <u32>value(S_LOCATION)
          const size = <u32>low(S_LOCATION)
          const op: u32 = size > 0 ? load<u8>(bytes + expression) : 0
          // DW_OP_addr alone; registers and frame offsets are no fixed place
          if (op == 0x03 && size == 1 + addressSize) place = fixed(expression + 1, addressSize)
          else if (size > 1 && !(op >= 0x50 && op <= 0x91)) {
            place = placeOf(unitStart + expression, size)
            isThreadLocal = placeIsThreadLocal()
          }
        }
        if (!isNaN(place)) {
          row = keep(start, tag, parent)
          setF64(PLACE, row, place)
          store<u16>(FLAGS + (<usize>row << 1), <u16>(flagsOf(row) | R_PLACED | (isThreadLocal != 0 ? R_TLS : 0)))
        } else if (tagOf(parent) != T_SUBPROGRAM) row = keep(start, tag, parent)
      } else row = keep(start, tag, parent)
    }
    if (children) {
      if (depth == MAX_DEPTH) return UNUSUAL
      if (row >= 0) parent = row
      store<u32>(stack + (<usize>depth << 2), row >= 0 ? <u32>row + OWN : parent)
      depth++
    } else if (depth == 0) break
  }
  while (depth > 0) {
    depth--
    const frame = load<u32>(stack + (<usize>depth << 2))
    if (frame < OWN) continue
    setU32(END, frame - OWN, count)
    setU32(END_AT, frame - OWN, unitStart + unitSize)
  }
  ordered = count
  nameByTypedefs()
  return OK
}

/** The row that a reference leads to within the unit; -1: none, or outside. */
// @ts-ignore: decorator
@inline
function rowOf(ref: f64): i32 {
  const position = ref - unitRef
  if (!(position >= <f64>dies && position < <f64>unitSize)) return -1
  const row = u32Of(ROW_AT, <u32>position)
  return row < count && u32Of(AT, row) == unitStart + <u32>position ? <i32>row : -1
}

// @ts-ignore: decorator
@inline
function isInside(ref: f64): bool {
  const position = ref - unitRef
  return position >= <f64>dies && position < <f64>unitSize
}

function nameByTypedefs(): void {
  for (let row: u32 = 1; row < count; row++) {
    if (tagOf(row) != T_TYPEDEF) continue
    const target = rowOf(f64Of(TYPE, row))
    if (target <= 0 || f64Of(NAME, target) >= 0 || f64Of(OTHER, target) >= 0 || u32Of(NAMED_BY, target) != 0) continue
    const tag = tagOf(target)
    if (isRecord(tag) || tag == T_ENUMERATION) setU32(NAMED_BY, target, row)
  }
}

// ---- what types are ----

const HASHING: u32 = 1, HASHED: u32 = 2, NAMING: u32 = 4, NAMED: u32 = 8
const MAX_LINKS: u32 = 200
const RECORD_NAME = 0x51ed, DECLARATION = 0x0dec, NO_NAME = 0x0a0a
const ATE_BOOLEAN: u32 = 2

let h1: i32 = 0
let h2: i32 = 0
let links: u32 = 0

// @ts-ignore: decorator
@inline
function mix1(hash: i32, number: i32): i32 {
  const mixed = (hash ^ number) * <i32>0x85ebca6b
  return mixed ^ <i32>(<u32>mixed >> 15)
}
// @ts-ignore: decorator
@inline
function mix2(hash: i32, number: i32): i32 {
  const mixed = (hash + number) * <i32>0xc2b2ae35
  return mixed ^ <i32>(<u32>mixed >> 13)
}

/** What the thread answered. */
// @ts-ignore: decorator
@inline
function takeFound(): void { h1 = load<i32>(found); h2 = load<i32>(found, 4) }

let text1: i32 = 0
let text2: i32 = 0

/** @param at not negative */
function text(at: f64): void {
  const entry = cache + (<usize>((<u32><u64>at * 0x9e3779b1) >> 15) << 4)
  if (load<f64>(entry) != at) {
    hashText(at)
    store<f64>(entry, at)
    store<u64>(entry, load<u64>(found), 8)
  }
  text1 = load<i32>(entry, 8)
  text2 = load<i32>(entry, 12)
}

/** The same for what may be none, which is as good as empty. */
// @ts-ignore: decorator
@inline
function textOrNone(at: f64): void {
  if (at >= 0) return text(at)
  text1 = EMPTY1
  text2 = EMPTY2
}

// what dwarf/names.ts makes of a text without bytes
const EMPTY1: i32 = 0x3c6ef372 ^ (0x3c6ef372 >> 15)
const EMPTY2: i32 = 0x1b873593 ^ (0x1b873593 >> 13)

function isEmpty(at: f64): bool {
  if (at < 0) return true
  text(at)
  return text1 == EMPTY1 && text2 == EMPTY2
}

function hasName(row: u32): bool {
  if (u32Of(NAMED_BY, row) != 0 || !isEmpty(f64Of(NAME, row))) return true
  const other = f64Of(OTHER, row)
  if (other < 0) return false
  if (!isInside(other)) return (foreignHasName(other) & 1) != 0
  const target = located(other)
  return target >= 0 && !isEmpty(f64Of(NAME, target))
}

/** As UnitLoader.locate, for references into the unit. */
function located(ref: f64): i32 {
  const row = rowOf(ref)
  return row >= 0 ? row : locateSkipped(unitStart + <u32>(ref - unitRef))
}

function reference(ref: f64): void {
  if (ref >= 0) {
    if (!isInside(ref)) {
      foreignType(ref)
      takeFound()
      return
    }
    const row = located(ref)
    if (row >= 0) return type(row)
  }
  h1 = 0x766f
  h2 = 0x6964
}

function type(row: u32): void {
  const state = <u32>load<u8>(STATE + row)
  if (state & HASHED) {
    h1 = u32Of(HASH1, row)
    h2 = u32Of(HASH2, row)
    return
  }
  if (state & HASHING || links > MAX_LINKS) {
    h1 = NO_NAME
    h2 = NO_NAME
    return
  }
  store<u8>(STATE + row, <u8>(state | HASHING))
  links++
  compute(row)
  links--
  store<u8>(STATE + row, <u8>((<u32>load<u8>(STATE + row) & ~HASHING) | HASHED))
  setU32(HASH1, row, h1)
  setU32(HASH2, row, h2)
}

function compute(row: u32): void {
  const tag = tagOf(row)
  if (isRecord(tag) || tag == T_ENUMERATION) {
    if (!hasName(row)) return content(row)
    const namedBy = u32Of(NAMED_BY, row)
    name(namedBy != 0 ? namedBy : row)
    const kind: i32 = tag == T_ENUMERATION ? T_ENUMERATION : RECORD_NAME
    h1 = mix1(h1, kind)
    h2 = mix2(h2, kind)
    return
  }
  const size = wrapped(f64Of(SIZE, row))
  let a = mix1(tag, size)
  let b = mix2(tag, size)
  const isBool = tag == T_BASE && u32Of(EXTRA, row) == ATE_BOOLEAN
  if (f64Of(NAME, row) >= 0 && !isBool) {
    name(row)
    a = mix1(a, h1)
    b = mix2(b, h2)
  }
  if (tag == T_BASE) {
    h1 = mix1(a, u32Of(EXTRA, row))
    h2 = mix2(b, u32Of(EXTRA, row))
    return
  }
  reference(f64Of(TYPE, row))
  a = mix1(a, h1)
  b = mix2(b, h2)
  if (tag == T_ARRAY || tag == T_SUBROUTINE) {
    a = mix1(a, flagsOf(row))
    b = mix2(b, flagsOf(row))
    const end = u32Of(END, row)
    for (let child = row + 1; child < end; child = u32Of(END, child)) {
      const part = tagOf(child)
      if (part == T_SUBRANGE || part == T_GENERIC_SUBRANGE) {
        a = mix1(mix1(mix1(a, u32Of(LOW, child)), u32Of(HIGH, child)), flagsOf(child))
        b = mix2(mix2(mix2(b, u32Of(LOW, child)), u32Of(HIGH, child)), flagsOf(child))
      } else if (part == T_PARAMETER) {
        reference(f64Of(TYPE, child))
        a = mix1(a, h1)
        b = mix2(b, h2)
      } else if (part == T_UNSPECIFIED_PARAMETERS) {
        a = mix1(a, part)
        b = mix2(b, part)
      }
    }
  } else if (tag == T_PTR_TO_MEMBER) {
    reference(f64Of(OTHER, row))
    a = mix1(a, h1)
    b = mix2(b, h2)
  }
  h1 = a
  h2 = b
}

function content(row: u32): void {
  if (flagsOf(row) & R_DECLARATION) {
    h1 = DECLARATION
    h2 = DECLARATION
    return
  }
  const tag = tagOf(row)
  const kind: i32 = tag == T_CLASS || tag == T_INTERFACE ? T_STRUCTURE : tag
  const size = wrapped(f64Of(SIZE, row))
  let a = mix1(kind, size)
  let b = mix2(kind, size)
  const end = u32Of(END, row)
  for (let child = row + 1; child < end; ) {
    const part = tagOf(child)
    if (part == T_VARIANT_PART || part == T_VARIANT) {
      a = mix1(mix1(mix1(a, part), u32Of(LOW, child)), flagsOf(child))
      b = mix2(mix2(mix2(b, part), u32Of(LOW, child)), flagsOf(child))
      child++
      continue
    }
    if (part == T_ENUMERATOR) {
      textOrNone(f64Of(NAME, child))
      a = mix1(mix1(mix1(a, text1), u32Of(LOW, child)), u32Of(HIGH, child))
      b = mix2(mix2(mix2(b, text2), u32Of(LOW, child)), u32Of(HIGH, child))
    } else if ((part == T_MEMBER || part == T_INHERITANCE) && (flagsOf(child) & (R_EXTERNAL | R_DECLARATION)) == 0) {
      settleBits(child)
      textOrNone(f64Of(NAME, child))
      const place = wrapped(f64Of(PLACE, child)) ^ (part << 24) ^ (u32Of(FIRST_BIT, child) * 0x3779) ^ (<u32>load<u16>(BIT_COUNT + (<usize>child << 1)) << 16) ^ (flagsOf(child) << 3)
      a = mix1(mix1(a, text1), place)
      b = mix2(mix2(b, text2), place)
      reference(f64Of(TYPE, child))
      a = mix1(a, h1)
      b = mix2(b, h2)
    }
    child = u32Of(END, child)
  }
  if (tag == T_ENUMERATION) {
    reference(f64Of(TYPE, row))
    a = mix1(a, h1)
    b = mix2(b, h2)
  }
  h1 = a
  h2 = b
}

function settleBits(row: u32): void {
  const flags = flagsOf(row)
  if ((flags & R_FROM_TOP) == 0) return
  const size = f64Of(SIZE, row) >= 0 ? f64Of(SIZE, row) : sizeOf(f64Of(TYPE, row))
  const bit = f64Of(PLACE, row) * 8 + size * 8 - <f64><i32>u32Of(FIRST_BIT, row) - <f64>load<u16>(BIT_COUNT + (<usize>row << 1))
  setF64(PLACE, row, floor(bit / 8))
  setU32(FIRST_BIT, row, wrapped(bit - floor(bit / 8) * 8))
  store<u16>(FLAGS + (<usize>row << 1), <u16>(flags & ~R_FROM_TOP))
}

function sizeOf(ref: f64): f64 {
  for (let steps: u32 = 0; steps < MAX_LINKS && ref >= 0; steps++) {
    if (!isInside(ref)) return foreignSize(ref)
    const row = located(ref)
    if (row < 0) return 0
    if (f64Of(SIZE, row) >= 0) return f64Of(SIZE, row)
    ref = f64Of(TYPE, row)
  }
  return 0
}

function name(row: u32): void {
  if (row == 0) {
    h1 = 0
    h2 = 0
    return
  }
  const state = <u32>load<u8>(STATE + row)
  if (state & NAMED) {
    h1 = u32Of(SCOPE1, row)
    h2 = u32Of(SCOPE2, row)
    return
  }
  if (state & NAMING || links > MAX_LINKS) {
    h1 = NO_NAME
    h2 = NO_NAME
    return
  }
  store<u8>(STATE + row, <u8>(state | NAMING))
  links++
  const tag = tagOf(row)
  const other = f64Of(OTHER, row)
  const namedBy = u32Of(NAMED_BY, row)
  let elsewhere: i32 = -1
  let isForeign = false
  if (other >= 0 && (isRecord(tag) || tag == T_ENUMERATION || tag == T_SUBPROGRAM)) {
    if (isInside(other)) elsewhere = located(other)
    else {
      // 2 says that there is such a DIE
      isForeign = (foreignHasName(other) & 2) != 0
      if (isForeign) { foreignName(other); takeFound() }
    }
  }
  if (isForeign) {
    // told already
  } else if (elsewhere >= 0) name(elsewhere)
  else if (namedBy != 0) name(namedBy)
  else {
    name(isC != 0 ? 0 : u32Of(PARENT, row))
    const own = tag == T_SUBPROGRAM && f64Of(LINKAGE, row) >= 0 ? f64Of(LINKAGE, row) : f64Of(NAME, row)
    if (isEmpty(own)) {
      const kind: i32 = tag == T_NAMESPACE ? T_NAMESPACE : NO_NAME
      h1 = mix1(h1, kind)
      h2 = mix2(h2, kind)
    } else {
      text(own)
      h1 = mix1(h1, text1)
      h2 = mix2(h2, text2)
    }
  }
  links--
  store<u8>(STATE + row, <u8>((<u32>load<u8>(STATE + row) & ~NAMING) | NAMED))
  setU32(SCOPE1, row, h1)
  setU32(SCOPE2, row, h2)
}

/** Finds the class of each type, numbers those that are new, and lists the rows that the thread has to look at. */
export function classify(): u32 {
  newCount = 0
  seenCount = 0
  oddCount = 0
  links = 0
  for (let row: u32 = 1; row < ordered; row++) {
    const tag = tagOf(row)
    if (tag == T_VARIABLE || tag == T_SUBPROGRAM) {
      if (flagsOf(row) & R_PLACED) setU32(oddRows, oddCount++, row)
      continue
    }
    if (load<u8>(kinds + tag) == 0 || tag == T_VARIANT_PART) continue
    const isNameable = isRecord(tag) || tag == T_ENUMERATION
    if (isNameable && f64Of(OTHER, row) >= 0 && ((flagsOf(row) & R_DECLARATION) != 0 || f64Of(SIZE, row) < 0)) {
      // may stand for a type unit's type
      setU32(oddRows, oddCount++, row)
      continue
    }
    let f1: i32 = 0
    let f2: i32 = 0
    if (isNameable && hasName(row)) {
      type(row)
      f1 = h1
      f2 = h2
      content(row)
      h1 = mix1(h1, f1)
      h2 = mix2(h2, f2)
    } else type(row)
    const id = find(h1, h2, f1, f2, row)
    if (id == 0) return FULL
    setU32(CLASS, row, id + 1)
    setU32(seen, seenCount++, id)
  }
  return OK
}

/** The class of that hash, a new one where there is none yet; 0: there is no room. */
export function find(a: i32, b: i32, f1: i32, f2: i32, row: u32): u32 {
  const mask = slotCount - 1
  const hash = <u64><u32>a | (<u64><u32>b << 32)
  let slot = (a ^ <i32>(<u32>b >> 7)) & mask
  for (let id = u32Of(slots, slot); id != 0; id = u32Of(slots, slot)) {
    if (load<u64>(classes + (<usize>id << 4)) == hash) return id
    slot = (slot + 1) & mask
  }
  if (classCount >= classCapacity) return 0
  const id = classCount++
  store<u64>(classes + (<usize>id << 4), hash)
  store<i32>(classes + (<usize>id << 4), f1, 8)
  store<i32>(classes + (<usize>id << 4), f2, 12)
  setU32(slots, slot, id)
  setU32(newRows, newCount++, row)
  return id
}
