/** Reads the log of programs/typelog.c, and writes and reads what it comes to: a line a live block. */
import { readFileSync, writeFileSync } from 'node:fs'
import { run } from '../commands.ts'

export interface TrueBlock {
  address: string
  /** Bytes asked for. */
  size: number
  /** As ../shared/cli.md spells types: `T`, `T[]` with its count, null for bytes of no type; undefined where the program doesn't say. */
  type: string | null | undefined
  count: number
}

const NAMES_AT = 4096
const EVENTS_AT = 1 << 20
const EVENT_BYTES = 24
const ALLOCATED = 1
const FREED = 2
const [ARRAY, RAW, MANGLED, ALLOCATOR] = [2, 3, 8, 16]

/** What std::allocator hands out one by one; all else is storage of elements. */
const NODES = /^std::(?:__\w+::)*(?:_Rb_tree_node|_List_node|_Hash_node|_Fwd_list_node|_Sp_counted_\w+|__tree_node|__list_node|__hash_node|__forward_list_node|__shared_ptr_\w+|__func|__value_func|_Temporary_value|_Deferred_state|_Task_state|__packaged_task_func)<|^boost::(?:container::dtl::(?:list|slist|tree)_node|unordered::detail::ptr_node)</

export async function readLog(path: string): Promise<TrueBlock[]> {
  const bytes = readFileSync(path)
  if (bytes.toString('latin1', 0, 8) !== 'CLTYPES1') throw new Error(`${path}: not a log of types`)
  if (bytes.readBigUInt64LE(24) !== 0n) throw new Error(`${path}: more events than it has room for`)
  interface Live {
    size: number
    name: number | null
    kind: number
    count: number
  }
  const live = new Map<bigint, Live>()
  const events = Number(bytes.readBigUInt64LE(8))
  for (let i = 0; i < events; i++) {
    const at = EVENTS_AT + i * EVENT_BYTES
    const key = bytes.readBigUInt64LE(at)
    const size = Number(bytes.readBigUInt64LE(at + 8))
    const what = bytes.readUInt16LE(at + 22)
    if (what === FREED) live.delete(key)
    else if (what === ALLOCATED) live.set(key, { size, name: null, kind: 0, count: 1 })
    else {
      const block = live.get(key)
      if (block === undefined) throw new Error(`a type for 0x${(~key & 0xffffffffffffffffn).toString(16)}, where there is no block`)
      Object.assign(block, { name: bytes.readUInt32LE(at + 16), kind: bytes.readUInt16LE(at + 20), count: size })
    }
  }
  const text = (name: number): string => bytes.toString('utf8', NAMES_AT + name, bytes.indexOf(0, NAMES_AT + name))
  const mangled = [...new Set([...live.values()].flatMap(({ name, kind }) => (name !== null && (kind & MANGLED) !== 0 ? [text(name)] : [])))]
  const demangled = await demangle(mangled)
  const typeOf = ({ name, kind }: Live): string | null | undefined => {
    if (name === null) return undefined
    if (kind === RAW) return null
    const type = (kind & MANGLED) !== 0 ? demangled.get(text(name)) : text(name)
    if ((kind & ALLOCATOR) !== 0) return NODES.test(type ?? '') ? type : `${type}[]`
    return (kind & ~MANGLED) === ARRAY ? `${type}[]` : type
  }
  return [...live].map(([key, block]) => {
    const type = typeOf(block)
    return { address: `0x${(~key & 0xffffffffffffffffn).toString(16)}`, size: block.size, type, count: type?.endsWith('[]') === true ? block.count : 1 }
  })
}

async function demangle(names: string[]): Promise<Map<string, string>> {
  if (names.length === 0) return new Map()
  const lines = (await run('c++filt', ['-t', ...names])).trimEnd().split('\n')
  return new Map(names.map((name, i) => [name, lines[i]?.trim() ?? name]))
}

/** One line each: address, bytes, count, type; `-` for no type, `?` for one that the program doesn't say. */
export function writeTruth(path: string, blocks: TrueBlock[]): void {
  writeFileSync(path, blocks.map(({ address, size, count, type }) => `${address} ${size} ${count} ${type === undefined ? '?' : (type ?? '-')}\n`).join(''))
}

export function readTruth(path: string): TrueBlock[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => {
    const [address = '', size, count, ...type] = line.split(' ')
    const name = type.join(' ')
    return { address, size: Number(size), count: Number(count), type: name === '?' ? undefined : name === '-' ? null : name }
  })
}
