/**
 * What std::function and std::any hold: the function that manages it is a member of a class template, and one of its arguments
 * is the type. libstdc++: bits/std_function.h (_Base_manager, _Function_handler), std/any (_Manager_external, _Manager_internal).
 */
import type { TypeRef } from '../../contract/rows.ts'
import { templateArgumentsOf } from '../symbols/declaration.ts'
import type { Shapes } from './shapes.ts'

export class ErasedTypes {
  private readonly shapes: Shapes
  private readonly known = new Map<number, TypeRef[]>()

  constructor(shapes: Shapes) {
    this.shapes = shapes
  }

  /** By the address of the manager; several where types of one name differ, none where it can't be told. */
  of(manager: number): TypeRef[] {
    let types = this.known.get(manager)
    if (types === undefined) this.known.set(manager, (types = this.find(manager)))
    return types
  }

  private find(manager: number): TypeRef[] {
    const { symbols } = this.shapes
    const names = symbols.functionsAt(manager)
    const symbol = symbols.symbolAt(manager)
    if (symbol && symbol.offset === 0) names.push(symbol.name.replace(/\(std::.*$/, ''))
    const found = new Set<TypeRef>()
    for (const name of names) {
      const className = MANAGERS.exec(name)?.[1]
      if (className === undefined) continue
      for (const id of symbols.find(className)) {
        const types = templateArgumentsOf(symbols, id).flatMap(({ typeId }) => (typeId === null ? [] : [typeId]))
        // a handler's first argument is its signature
        const held = className.startsWith('std::_Function_handler') ? types[1] : types[0]
        if (held === undefined || !(symbols.size(held) > 0)) continue
        found.add(held)
        this.shapes.nameUnnamed(this.shapes.bare(held), lastArgument(className))
      }
    }
    return [...found]
  }
}

/** `B` of `X<A, B>`. */
function lastArgument(name: string): string {
  let depth = 0
  let from = name.indexOf('<') + 1
  for (let i = from; i < name.length; i++) {
    if ('<({['.includes(name[i])) depth++
    else if ('>)}]'.includes(name[i])) depth--
    if (name[i] === ',' && depth === 0) from = i + 1
    if (depth < 0) return name.slice(from, i).trim()
  }
  return name.slice(from).trim()
}

const MANAGERS = /^(std::(?:_Function_handler|_Function_base::_Base_manager|any::_Manager_(?:external|internal))<.*>)::_(?:M_manager|S_manage)$/s
