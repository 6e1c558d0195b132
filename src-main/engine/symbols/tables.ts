/**
 * What one module's debug information and symbol tables say, as columns: the shape that the DWARF reader makes, the symbol
 * database keeps and every query reads. Addresses are the file's own (add the module's bias); nothing here is of a process.
 *
 * Row 0 of `types` is void; index 0 anywhere else means "none" only where it says so. Text is an offset into `strings`,
 * which holds UTF-8 with a zero byte behind each; offset 0 is the empty text.
 */

/** A type's kind. Values are stored: only ever add. */
export const TYPE = {
  void: 0,
  base: 1,
  struct: 2,
  class: 3,
  union: 4,
  enum: 5,
  typedef: 6,
  pointer: 7,
  reference: 8,
  rvalueReference: 9,
  memberPointer: 10,
  array: 11,
  function: 12,
  const: 13,
  volatile: 14,
  restrict: 15,
  atomic: 16,
  /** Rust's enums: parts are the discriminant and one part for each variant's member. */
  variantPart: 17,
  /** `nullptr_t`, `decltype(auto)` and the like. */
  unspecified: 18,
} as const
export type TypeKindCode = (typeof TYPE)[keyof typeof TYPE]

/** Bits of `types.flags`. */
export const TYPE_FLAG = {
  /** No definition of it was found in this module. */
  declaration: 1,
  /** `name` is of the typedef that names an otherwise anonymous type. */
  namedByTypedef: 2,
  /** An enum class. */
  scoped: 4,
  /** DW_AT_GNU_vector: an array that is one machine value. */
  vector: 8,
} as const

/** What a row of `parts` is. Values are stored: only ever add. */
export const PART = {
  /** A data member; an anonymous one has an empty name. */
  member: 0,
  base: 1,
  /** `offset` is that within a complete object of this very type, or -1 where it could not be told. */
  virtualBase: 2,
  /** A static data member: no offset. */
  staticMember: 3,
  /** Of an enum: `value`. */
  enumerator: 4,
  /** Of a function type. */
  parameter: 5,
  /** `typename T`: `type`. */
  typeArgument: 6,
  /** `int N`: `type` and `value`. */
  valueArgument: 7,
  /** Of an array: `value` elements; -1 where the bound is open or computed. Outermost first. */
  dimension: 8,
  /** Of a variant part: the member that tells which variant is there. */
  discriminant: 9,
  /** Of a variant part: a member of the variant whose discriminant is `value`. */
  variant: 10,
  /** Of a variant part: a member of the variant that is there for any other discriminant. */
  defaultVariant: 11,
  /** Of a function type: more arguments of any type. */
  ellipsis: 12,
  /** A virtual base that a type has through its bases; `offset` is that within a complete object of this very type. */
  inheritedVirtualBase: 13,
} as const
export type PartKindCode = (typeof PART)[keyof typeof PART]

/** DW_ATE_*: the encodings of base types. DWARF 5 §7.8. */
export const ENCODING = { address: 1, boolean: 2, complexFloat: 3, float: 4, signed: 5, signedChar: 6, unsigned: 7, unsignedChar: 8, utf: 0x10 } as const

/** All columns have `count` entries. */
export interface TypeColumns {
  count: number
  kind: Uint8Array
  flags: Uint8Array
  /** Qualified (`std::vector<int>`), as the debug information spells it; '' for anonymous types and for pointers, arrays, …. */
  name: Uint32Array
  /** Bytes; -1 where it has none (declarations, functions, open arrays). */
  size: Float64Array
  /** DW_AT_alignment in bytes, 0 where the type does not ask for one. */
  align: Uint32Array
  /** DW_ATE_* of a base type. */
  encoding: Uint8Array
  /** Pointee, element, aliased, underlying or returned type; 0 is void, or none for structs. */
  target: Uint32Array
  /** Of a pointer to member: the class. */
  containing: Uint32Array
  /** First row in `parts` and how many. */
  firstPart: Uint32Array
  partCount: Uint32Array
  /** Text: the source file; '' where it isn't said. */
  file: Uint32Array
  line: Uint32Array
  /** Two halves of a hash of what the type is, the same in every module that has an equal type. */
  hashLow: Uint32Array
  hashHigh: Uint32Array
}

export interface PartColumns {
  count: number
  kind: Uint8Array
  /** Text. */
  name: Uint32Array
  /** Type index. */
  type: Uint32Array
  /** Bytes from the start of the type to the byte that holds the first bit; 0 where it makes no sense. */
  offset: Float64Array
  /** Of a bit-field: bits from the lowest bit of that byte, 0 to 7. */
  firstBit: Uint8Array
  /** Of a bit-field: how many; 0 where it is none. */
  bitCount: Uint16Array
  /** Of enumerators, arguments, dimensions and variants; signed. */
  value: BigInt64Array
}

/** Bits of `variables.flags`. */
export const VARIABLE_FLAG = {
  /** `address` is an offset into the module's TLS block. */
  tls: 1,
  /** Seen outside its unit. */
  external: 2,
  /** A static of a function. */
  local: 4,
} as const

/** Global, static and thread-local variables, sorted by (tls, address). */
export interface VariableColumns {
  count: number
  /** Text, qualified; a function's static as `function::name`. */
  name: Uint32Array
  type: Uint32Array
  address: Float64Array
  flags: Uint8Array
  file: Uint32Array
  line: Uint32Array
}

/** Address ranges of functions, half-open, sorted by `low`. A function split into several ranges has a row for each. */
export interface FunctionColumns {
  count: number
  low: Float64Array
  high: Float64Array
  /** Text, qualified, without parameters. */
  name: Uint32Array
}

/** What an ELF symbol is: STT_*. gABI ch. 4. */
export const SYMBOL = { notype: 0, object: 1, func: 2, tls: 6, ifunc: 10 } as const

/** Defined symbols of .symtab, .dynsym and .gnu_debugdata, each once, sorted by address; TLS symbols last. */
export interface SymbolColumns {
  count: number
  /** Text, mangled, without version. */
  name: Uint32Array
  address: Float64Array
  /** Bytes; 0 where unknown. */
  size: Float64Array
  kind: Uint8Array
}

export interface SymbolTables {
  strings: Uint8Array
  types: TypeColumns
  parts: PartColumns
  variables: VariableColumns
  functions: FunctionColumns
  symbols: SymbolColumns
  /** Named types, declarations included, in the order of `nameHash`; see textHash. */
  byName: { count: number; type: Uint32Array; nameHash: Uint32Array }
}

/** FNV-1a of UTF-8 bytes, as `byName.nameHash` has it. */
export function textHash(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  return hash >>> 0
}
