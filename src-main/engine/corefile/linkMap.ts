/**
 * Names of modules from the dynamic linker's list, for cores without NT_FILE (qemu-user, Linux before 3.7).
 * Source: glibc elf/link.h (struct r_debug, struct link_map), gABI ch. 5 "Dynamic Section".
 */
import { PT_DYNAMIC } from '../elf/file.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import type { Module } from './modules.ts'
import { AT_EXECFN, AT_PHDR, type CoreNotes } from './notes.ts'

const DT_DEBUG = 21
const MAX_LINKS = 10_000
const MAX_PATH = 4096

export function namesFromLinkMap(memory: AddressSpace, modules: Module[], notes: CoreNotes): void {
  const phdr = notes.auxv.get(AT_PHDR)
  const main = modules.find((m) => phdr !== undefined && phdr >= m.base && phdr < m.end)
  if (!main) return
  const name = notes.auxv.get(AT_EXECFN)
  if (name !== undefined) main.path = memory.string(name, MAX_PATH) ?? ''
  const dynamic = main.segments.find((s) => s.type === PT_DYNAMIC)
  if (!dynamic) return
  let debug = NaN
  for (let at = dynamic.vaddr + main.bias, left = 1000; left > 0; at += 16, left--) {
    const tag = memory.word(at)
    if (tag === DT_DEBUG) debug = memory.word(at + 8)
    if (tag === DT_DEBUG || tag === 0 || Number.isNaN(tag)) break
  }
  let link = memory.word(debug + 8)
  for (let left = MAX_LINKS; left > 0 && link > 0; left--, link = memory.word(link + 24)) {
    const dynamicAt = memory.word(link + 16)
    const owner = modules.find((m) => dynamicAt >= m.base && dynamicAt < m.end)
    const path = memory.string(memory.word(link + 8), MAX_PATH)
    if (owner && path && owner.path === '') owner.path = path
  }
}
