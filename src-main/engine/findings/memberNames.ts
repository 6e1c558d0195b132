/** Which member of a type lies at an offset, as a path: `inner.next`, `slots[3]`; '' where that isn't known. */
import type { LeafRow, TypeRef } from '../../contract/rows.ts'
import { firstWhere } from '../search.ts'
import { leavesOf } from '../symbols/leaves.ts'
import type { ProcessSymbols } from '../symbols/processSymbols.ts'

const LIMITS = { leaves: 4000, elements: 1024 }
/** Types whose leaves are kept. */
const KEPT = 200

export class MemberNames {
  private readonly symbols: ProcessSymbols
  private leaves = new Map<TypeRef, LeafRow[]>()
  private ids = new Map<string, TypeRef>()
  private version = -1

  constructor(symbols: ProcessSymbols) {
    this.symbols = symbols
  }

  /** Of a type by its name; `T[]` repeats. */
  inNamed(name: string, offset: number): string {
    return this.leafInNamed(name, offset)?.path ?? ''
  }

  inType(id: TypeRef, offset: number): string {
    return this.leafIn(id, offset)?.path ?? ''
  }

  leafInNamed(name: string, offset: number): LeafRow | null {
    this.refresh()
    let id = this.ids.get(name)
    if (id === undefined) this.ids.set(name, (id = this.symbols.find(name.replace(/ ?\[\d*\]$/, ''))[0] ?? 0))
    return id === 0 ? null : this.leafIn(id, offset)
  }

  private leafIn(id: TypeRef, offset: number): LeafRow | null {
    this.refresh()
    let leaves = this.leaves.get(id)
    if (!leaves) {
      if (this.leaves.size >= KEPT) this.leaves.clear()
      this.leaves.set(id, (leaves = leavesOf(this.symbols, id, LIMITS).rows))
    }
    const last = firstWhere(leaves.length, (i) => leaves[i].offset > offset) - 1
    for (let i = last; i >= 0 && i > last - 8; i--) if (offset < leaves[i].offset + leaves[i].size) return leaves[i]
    return null
  }

  private refresh(): void {
    if (this.version === this.symbols.version) return
    this.version = this.symbols.version
    this.leaves = new Map()
    this.ids = new Map()
  }
}
