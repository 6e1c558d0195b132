import { describe, expect, test } from 'vitest'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { ThreadStacks } from '../../../src-main/engine/findings/threadStacks.ts'
import { PLAIN_ONLY } from '../../../src-main/engine/stacks/moduleDwarf.ts'
import { ProcessSymbols } from '../../../src-main/engine/symbols/processSymbols.ts'
import { memoryOf, moduleOf } from '../../builders/callFrames.ts'
import { buildElfModule, STT_FUNC } from '../../builders/elfModule.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'
import { symbolTables } from '../../builders/symbolTables.ts'

const BASE = 0x40_0000
const VDSO = 0x7fff_0000
const RIP = 16

const text = { name: '.text', vaddr: 0x10000, bytes: new Uint8Array(0x1000), flags: 5 }
const built = buildElfModule({ sections: [text], symbols: [{ name: '_ZN4game4stepEv', value: 0x10000, size: 0x100, type: STT_FUNC }, { name: '_start', value: 0x10100, size: 0x100, type: STT_FUNC }] })
const kernels = buildElfModule({ sections: [text], dynamicSymbols: [{ name: '__vdso_time', value: 0x10800, size: 0x10, type: STT_FUNC }] })

function stacks(pcs: number[]): { list: ThreadStacks; symbols: ProcessSymbols } {
  const modules = [
    moduleOf({ path: '/opt/demo', base: BASE, end: BASE + 0x11000, bias: BASE, elf: new ElfFile(memoryByteSource(built.bytes)) }),
    moduleOf({ path: '', base: VDSO, end: VDSO + 0x11000, bias: VDSO, vdso: true }),
  ]
  const symbols = new ProcessSymbols(modules.map(({ base, end, bias }) => ({ name: 'm', base, end, bias })), [], (name) => (name === '_ZN4game4stepEv' ? 'game::step()' : null))
  const threads = pcs.map((pc, i) => ({ tid: 100 + i, registers: Array.from({ length: 27 }, (_, register) => (register === RIP ? BigInt(pc) : 0n)) }))
  const memory = memoryOf([{ start: BASE, bytes: new Uint8Array(0x11000), code: true }, { start: VDSO, bytes: kernels.bytes }])
  return { list: new ThreadStacks({ memory, modules, threads, machine: 'x86-64', decompressor: PLAIN_ONLY, diagnostics: new Diagnostics() }, symbols), symbols }
}

const named = async ({ list }: ReturnType<typeof stacks>, page = { offset: 0, limit: 10 }): Promise<string[]> =>
  (await list.list({ core: '', frames: 10, ...page })).rows.flatMap(({ frames }) => frames.map(({ function: name, offset, module }) => `${name}+${offset} ${module}`))

describe('names', () => {
  test('by the module’s own symbols, until its tables are attached', async () => {
    const asked = stacks([BASE + 0x10104])
    expect(await named(asked)).toEqual(['_start+4 demo'])
    expect(await named(stacks([BASE + 0x10010]))).toEqual(['game::step()+16 demo'])
    asked.symbols.attach(0, symbolTables({ functions: [[0x10100, 0x10200, 'begin']] }))
    expect(await named(asked)).toEqual(['begin+4 demo'])
  })

  test('of the kernel’s library by its image in memory', async () => expect(await named(stacks([VDSO + 0x10808]))).toEqual(['__vdso_time+8 [vdso]']))
  test('of what lies nowhere there is none', async () => expect(await named(stacks([0x1234]))).toEqual(['+0 ']))
})

test('threads by pages, frames up to a number', async () => {
  const asked = stacks([BASE + 0x10104, BASE + 0x10108, BASE + 0x1010c])
  expect(await named(asked, { offset: 1, limit: 1 })).toEqual(['_start+8 demo'])
  const page = await asked.list.list({ core: '', frames: 1, offset: 2, limit: 5 })
  expect(page).toMatchObject({ total: 3, offset: 2, rows: [{ tid: 102, count: 1, truncated: 'no call frame information for 0x41010c' }] })
})
