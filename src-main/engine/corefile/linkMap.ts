/**
 * The dynamic linker's list of what it loaded: which entry is which module's, and the modules' names for cores without
 * NT_FILE (qemu-user, Linux before 3.7). Source: glibc elf/link.h (struct r_debug, r_debug_extended, link_map), gABI
 * ch. 5 "Dynamic Section".
 */
import { PT_DYNAMIC } from '../elf/file.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import { moduleAt, type Module } from './modules.ts'
import { AT_EXECFN, type CoreNotes } from './notes.ts'

const DT_DEBUG = 21
const MAX_DYNAMIC = 1000
const MAX_LINKS = 10_000
const MAX_NAMESPACES = 16
const MAX_PATH = 4096

/** Gives each module that the linker lists the address of its `struct link_map`, those of dlmopen's namespaces too. */
export function findLinkMaps(memory: AddressSpace, modules: Module[]): void {
  let debug = 0
  // only the executable has it; where ld.so was run with a program as its argument, that isn't the one the kernel started
  for (const module of [...modules].sort((a, b) => Number(b.main) - Number(a.main))) {
    debug = debugOf(memory, module)
    if (debug > 0) break
  }
  let left = MAX_LINKS
  for (let namespaces = MAX_NAMESPACES; namespaces > 0 && debug > 0; namespaces--) {
    for (let link = memory.word(debug + 8); left > 0 && link > 0; left--, link = memory.word(link + 24)) {
      const owner = moduleAt(modules, memory.word(link + 16))
      if (owner && owner.linkMap === 0) owner.linkMap = link
    }
    // r_debug_extended.r_next, from r_version 2 on: glibc 2.35
    const version = memory.word(debug) % 2 ** 32
    debug = version >= 2 && version < 16 ? memory.word(debug + 40) : 0
  }
}

/** DT_DEBUG, which the dynamic linker fills in: the address of its `struct r_debug`; 0 where there is none. */
function debugOf(memory: AddressSpace, module: Module): number {
  const dynamic = module.segments.find((s) => s.type === PT_DYNAMIC)
  if (!dynamic) return 0
  for (let at = dynamic.vaddr + module.bias, left = MAX_DYNAMIC; left > 0; at += 16, left--) {
    const tag = memory.word(at)
    if (tag === DT_DEBUG) return memory.word(at + 8)
    if (tag === 0 || Number.isNaN(tag)) break
  }
  return 0
}

/** After findLinkMaps. */
export function namesFromLinkMap(memory: AddressSpace, modules: Module[], notes: CoreNotes): void {
  const main = modules.find((m) => m.main)
  if (!main) return
  const name = notes.auxv.get(AT_EXECFN)
  if (name !== undefined) main.path = memory.string(name, MAX_PATH) ?? ''
  for (const module of modules) {
    if (module.linkMap > 0 && module.path === '') module.path = memory.string(memory.word(module.linkMap + 8), MAX_PATH) ?? ''
  }
}
