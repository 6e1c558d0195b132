/**
 * Makes the header that lies in front of the standard library's own: the header of its default allocator as it is on this
 * machine, with one call more, which logs what `allocate` hands out (shadowed.h). So all containers keep their types and layouts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Unavailable, run } from '../commands.ts'

export type StandardLibrary = 'libstdc++' | 'libc++'

const headers: Record<StandardLibrary, { name: string; flags: string[]; allocation: RegExp; expected: number }> = {
  'libstdc++': { name: 'bits/new_allocator.h', flags: [], allocation: /return (static_cast<_Tp\s*\*>\(_GLIBCXX_OPERATOR_NEW\([^;]*\));/g, expected: 2 },
  'libc++': { name: '__memory/allocator.h', flags: ['-stdlib=libc++'], allocation: /return (static_cast<(?:const )?_Tp\*>\(_VSTD::__libcpp_allocate\([^;]*\));/g, expected: 2 },
}

/** Writes it below `folder`, which is to be the first include path. Throws Unavailable. @returns the compiler's flags */
export async function shadowAllocator(library: StandardLibrary, compiler: string, folder: string): Promise<string[]> {
  const { name, flags, allocation, expected } = headers[library]
  const probe = join(folder, `probe-${library}.cpp`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(probe, '#include <memory>\n')
  const rules = await run(compiler, [...flags, '-M', probe]).catch((error: unknown) => {
    throw /file not found/.test(String(error)) ? new Unavailable(`no ${library} for ${compiler} on this machine`) : error
  })
  const path = rules.split(/[\s\\]+/).find((word) => word.endsWith(`/${name}`))
  if (path === undefined) throw new Unavailable(`${library} has no ${name}`)
  let found = 0
  const text = readFileSync(path, 'utf8').replace(allocation, (_, value: string) => {
    found++
    return `return static_cast<_Tp*>(::typelogged::allocated<_Tp>((void*)(${value}), __n));`
  })
  if (found !== expected) throw new Unavailable(`${path} allocates in ${found} places, not in ${expected}`)
  const shadow = join(folder, 'shadow', name)
  mkdirSync(dirname(shadow), { recursive: true })
  writeFileSync(shadow, `#include "${join(import.meta.dirname, 'programs/shadowed.h')}"\n${text}`)
  return [...flags, '-I', join(folder, 'shadow')]
}
