/**
 * The modules that have thread-local variables, with what glibc's dynamic linker knows of each: its number in every
 * dtv, its place in the static layout, and since which generation of dtvs it is there. From its link_map, whose fields
 * are found by libthread_db's descriptor or by what must stand beside them; from the list of slots (slotinfo), found by
 * shape; from words that DTPMOD relocations filled in. The executable is number 1, and its place is the ABI's.
 *
 * Sources: glibc elf/dl-tls.c, include/link.h, sysdeps/generic/ldsodefs.h (struct dtv_slotinfo_list), nptl_db/structs.def.
 */
import type { ProcessInfo } from '../../contract/rows.ts'
import { PF_W, PT_LOAD, type Segment } from '../elf/file.ts'
import { readRelocations } from '../elf/relocations.ts'
import { readSymbols } from '../elf/symbols.ts'
import type { Diagnostics } from '../errors.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import { baseName, moduleAt, type Module } from './modules.ts'

export interface TlsModule {
  module: Module
  /** 1 and up; 0 where it can't be told. */
  id: number
  /** Bytes from the thread pointer to the block, where the module has a place in the static layout; null where not. */
  distance: number | null
  /** A dtv of an older generation has nothing of it; 0 where it can't be told. */
  generation: number
}

const PT_TLS = 7
const DESCRIPTOR = '_thread_db_link_map_l_tls_modid'
/** Of struct link_map that is searched: l_tls_modid is 0x410 to 0x490 bytes in, from glibc 2.17 to 2.43. */
const LINK_MAP_BYTES = 4096
/** From l_tls_initimage: initimage_size, blocksize, align, firstbyte_offset, offset, modid. */
const INITIMAGE_TO_MODID = 48
const MAX_ID = 65_535
const MAX_GENERATION = 2 ** 40
const MAX_STATIC = 2 ** 31
/** Bytes of the dynamic linker's data that are searched for the list of slots. */
const MAX_SEARCH = 2 ** 18
const MAX_LISTS = 1000
/** tcbhead_t of AArch64: dtv and a private word. */
const TCB_SIZE = 16
const DTPMOD = { 'x86-64': 16, AArch64: 1028 } as const

export function findTlsModules(memory: AddressSpace, modules: Module[], machine: ProcessInfo['machine'], diagnostics: Diagnostics): Map<Module, TlsModule> {
  const found = new Map<Module, TlsModule>()
  for (const module of modules) {
    const segment = tlsSegment(module)
    if (segment) found.set(module, { module, id: module.main ? 1 : 0, distance: module.main ? distanceOfMain(segment, machine) : null, generation: 0 })
  }
  if (found.size === 0) return found
  readSlots(memory, modules, found)
  const modid = modidByDescriptor(memory, modules, diagnostics) ?? modidByNeighbours(memory, found)
  for (const tls of found.values()) {
    if (tls.module.main) continue
    if (modid !== null && tls.module.linkMap > 0) fromLinkMap(memory, tls, modid, machine)
    if (tls.id === 0) tls.id = diagnostics.guard(0, () => idByRelocation(memory, tls.module, machine))
  }
  return found
}

const tlsSegment = (module: Module): Segment | undefined => module.segments.find((s) => s.type === PT_TLS && s.memsz > 0)

/** As the linker, which writes it into the executable's code, and glibc's _dl_determine_tlsoffset have it. */
function distanceOfMain(segment: Segment, machine: ProcessInfo['machine']): number | null {
  const align = Math.max(1, segment.align)
  if (!(segment.memsz < MAX_STATIC && align < MAX_STATIC)) return null
  const up = (n: number): number => Math.ceil(n / align) * align
  if (machine === 'x86-64') {
    const first = (align - (segment.vaddr % align)) % align
    return -(up(segment.memsz - first) + first)
  }
  const first = segment.vaddr % align
  return up(TCB_SIZE - first) + first
}

function fromLinkMap(memory: AddressSpace, tls: TlsModule, modid: number, machine: ProcessInfo['machine']): void {
  const id = memory.word(tls.module.linkMap + modid)
  if (id > 0 && id <= MAX_ID) tls.id = id
  // NO_TLS_OFFSET and FORCED_DYNAMIC_TLS_OFFSET are 0 and -1, on AArch64 -1 and -2; negative numbers are no words
  const offset = memory.word(tls.module.linkMap + modid - 8)
  if (offset > 0 && offset < MAX_STATIC) tls.distance = machine === 'x86-64' ? -offset : offset
}

/** Where l_tls_modid is in struct link_map: libthread_db's {bits, how many, offset}, in libc from glibc 2.34 on, in libpthread before. */
function modidByDescriptor(memory: AddressSpace, modules: Module[], diagnostics: Diagnostics): number | null {
  for (const module of modules) {
    if (!/^(libc|libpthread|ld)[-.]/.test(baseName(module.path))) continue
    for (const elf of [module.elf, module.debugElf]) {
      if (!elf) continue
      for (const symbol of diagnostics.guard([], () => readSymbols(elf, [DESCRIPTOR], []))) {
        const read = memory.read(symbol.value + module.bias, 12)
        if (!read.ok) continue
        const [bits, count, offset] = new Uint32Array(read.bytes.buffer)
        if (bits === 64 && count === 1 && offset % 8 === 0 && offset >= 8 && offset < LINK_MAP_BYTES) return offset
      }
    }
  }
  return null
}

/** The same by what stands before it in each link_map: address, size and alignment of the module's own PT_TLS. */
function modidByNeighbours(memory: AddressSpace, found: Map<Module, TlsModule>): number | null {
  const votes = new Map<number, number>()
  for (const { module } of found.values()) {
    const segment = tlsSegment(module)
    if (module.linkMap === 0 || !segment) continue
    const image = segment.vaddr === 0 ? 0 : segment.vaddr + module.bias
    for (let at = 0; at + INITIMAGE_TO_MODID < LINK_MAP_BYTES; at += 8) {
      const link = module.linkMap + at
      if (memory.word(link) !== image || memory.word(link + 8) !== segment.filesz || memory.word(link + 16) !== segment.memsz || memory.word(link + 24) !== segment.align) continue
      const id = memory.word(link + INITIMAGE_TO_MODID)
      if (id > 0 && id <= MAX_ID) votes.set(at + INITIMAGE_TO_MODID, (votes.get(at + INITIMAGE_TO_MODID) ?? 0) + 1)
    }
  }
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null
}

/**
 * struct dtv_slotinfo_list: how many slots, the next list, then {generation, link_map} for each module number. The
 * dynamic linker's data has a pointer to the first, whose slot 1 is the first module with thread-local variables.
 */
function readSlots(memory: AddressSpace, modules: Module[], found: Map<Module, TlsModule>): void {
  const linkMaps = new Map([...found.values()].filter((tls) => tls.module.linkMap > 0).map((tls) => [tls.module.linkMap, tls]))
  let list = linkMaps.size === 0 ? 0 : firstSlots(memory, modules, linkMaps)
  let id = 0
  for (let left = MAX_LISTS; left > 0 && list > 0 && id <= MAX_ID; left--, list = memory.word(list + 8)) {
    const length = memory.word(list)
    if (!(length > 0 && length <= MAX_ID)) return
    for (let slot = 0; slot < length; slot++, id++) {
      const at = list + 16 + slot * 16
      const map = memory.word(at + 8)
      const generation = memory.word(at)
      // a namespace that r_debug doesn't lead to (before glibc 2.35) is known here all the same
      const owner = map > 0 && !linkMaps.has(map) ? moduleAt(modules, memory.word(map + 16)) : undefined
      const tls = linkMaps.get(map) ?? (owner && found.get(owner))
      // slot 0 is of no module, whatever start-up left there
      if (!tls || id === 0 || !(generation < MAX_GENERATION)) continue
      if (tls.module.linkMap === 0) tls.module.linkMap = map
      if (!tls.module.main) tls.id = id
      tls.generation = generation
    }
  }
}

function firstSlots(memory: AddressSpace, modules: Module[], linkMaps: Map<number, TlsModule>): number {
  for (const module of modules) {
    if (!/^ld(64)?[-.]/.test(baseName(module.path))) continue
    for (const segment of module.segments) {
      if (segment.type !== PT_LOAD || !(segment.flags & PF_W)) continue
      const start = Math.ceil((segment.vaddr + module.bias) / 8) * 8
      for (let at = start; at < start + Math.min(segment.memsz, MAX_SEARCH); at += 8) {
        const list = memory.word(at)
        if (!(list > 0) || list % 8 !== 0) continue
        const length = memory.word(list)
        if (length > 1 && length <= MAX_ID && memory.word(list + 32) < MAX_GENERATION && linkMaps.has(memory.word(list + 40))) return list
      }
    }
  }
  return 0
}

/** A module that asks for its own number has a word for it. */
function idByRelocation(memory: AddressSpace, module: Module, machine: ProcessInfo['machine']): number {
  if (!module.elf) return 0
  const { address, type, symbol } = readRelocations(module.elf)
  for (let i = 0; i < address.length; i++) {
    if (type[i] !== DTPMOD[machine] || symbol[i] !== 0) continue
    const id = memory.word(address[i] + module.bias)
    if (id > 0 && id <= MAX_ID) return id
  }
  return 0
}
