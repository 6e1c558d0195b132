/** Where the members of a type lead. */

import type { TypeLayout, TypeRef } from '../../src-main/contract/rows.ts'

/**
 * For each row of a layout the type that a person who follows it wants to see: its own, or what it points to, since a
 * pointer has nothing to show. 0 where that is void.
 */
export function linksOf({ rows, leaves }: Pick<TypeLayout, 'rows' | 'leaves'>): TypeRef[] {
  const pointees = new Map(leaves.map((leaf) => [`${leaf.offset} ${leaf.path}`, leaf.pointeeId]))
  return rows.map((row) => pointees.get(`${row.offset} ${row.name}`) || row.typeId)
}
