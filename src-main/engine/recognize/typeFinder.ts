/**
 * What recognition asks of the symbol tables: the type that a class name stands for. Names from vtables and RTTI are
 * spelled by the demangler, those in the tables by the compiler; `normalizeTypeName` is where the two meet.
 */
import type { TypeRef } from '../../contract/rows.ts'

export interface TypeFinder {
  /** The defined type whose normalised name is that of `className`; null where there is none, or several of different layout. */
  find(className: string): TypeRef | null
  /** As the debug information spells it. */
  spelling(type: TypeRef): string
  /** Qualified names, without parameters, of all functions that begin at an address of the process (`game::Player::~Player`). */
  functionsAt(address: number): string[]
}
