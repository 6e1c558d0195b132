import { describe, expect, test } from 'vitest'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { splitCandidates, splitIds, splitUnitLoader } from '../../../src-main/engine/symbols/splitUnits.ts'
import { sectionDecompressor } from '../../../src-main/storage/sectionDecompressor.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'
import { buildElfModule } from '../../builders/elfModule.ts'
import { memoryByteSource, type CountingByteSource } from '../../builders/memoryByteSource.ts'
import { Random } from '../../builders/random.ts'

/** A header without DIEs. DWARF 5 §7.5.1.2. */
const header = (unitType: number, id: bigint, version = 5): Uint8Array => new ByteWriter().u32(20).u16(version).u8(unitType, 8).u32(0).u64(id).u32(0).done()
const dwo = (...units: Uint8Array[]): Uint8Array => buildElfModule({ sections: [{ name: '.debug_info.dwo', bytes: Buffer.concat(units) }] }).bytes

async function load(onDisk: Record<string, Uint8Array>, ids: bigint[]): Promise<{ names: string[]; diagnostics: Diagnostics; missing: string; open: number }> {
  const diagnostics = new Diagnostics()
  const opened: CountingByteSource[] = []
  let missing = ''
  const open = (path: string): CountingByteSource | null => {
    const bytes = onDisk[path]
    if (bytes) opened.push(memoryByteSource(bytes, path))
    return bytes ? opened[opened.length - 1] : null
  }
  const loader = splitUnitLoader({ name: 'server', file: '/opt/server', options: { debug: ['/dwos'] } }, { open }, sectionDecompressor, diagnostics, (sentence) => (missing = sentence))
  const files = await loader(ids.map((id) => ({ name: 'obj/a.dwo', folder: '/build', id })))
  return { names: files.map((file) => file.name), diagnostics, missing, open: opened.filter((source) => !source.closed).length }
}

describe('files of split units', () => {
  test('are looked for where they were written, beside the executable, and in named folders', () => {
    const query = { name: 'server', file: '/opt/app/server', options: { debug: ['/dwos/'], sysroot: '/target' } }
    expect([...splitCandidates({ name: 'obj/a.dwo', folder: '/build/' }, query)]).toEqual(['/target/build/obj/a.dwo', '/build/obj/a.dwo', '/opt/app/obj/a.dwo', '/opt/app/a.dwo', '/dwos/obj/a.dwo', '/dwos/a.dwo'])
    expect([...splitCandidates({ name: '/abs/a.dwo', folder: '/build' }, query)]).toEqual(['/target/abs/a.dwo', '/abs/a.dwo', '/opt/app/a.dwo', '/dwos/a.dwo'])
    expect(splitCandidates({ name: '', folder: '/build' }, query).size).toBe(0)
  })

  test('are taken by the id of their unit, also behind one of another build', async () => {
    const found = await load({ '/build/obj/a.dwo': dwo(header(5, 1n)), '/dwos/a.dwo': dwo(header(6, 9n), header(5, 7n), header(5, 8n)) }, [7n, 8n])
    expect(found).toMatchObject({ names: ['/dwos/a.dwo'], missing: '', open: 0 })
    expect(found.diagnostics.rows).toEqual([])
  })

  test('of another build are told, and not used', async () => {
    const found = await load({ '/build/obj/a.dwo': dwo(header(5, 1n)) }, [7n])
    expect(found).toMatchObject({ names: [], missing: '1 of its 1 split units were not found, such as obj/a.dwo', open: 0 })
    expect(found.diagnostics.rows).toMatchObject([{ kind: 'mismatch', message: expect.stringContaining('unit 0000000000000001; the executable refers to 0000000000000007') }, { kind: 'missing' }])
  })

  test('before DWARF 5 have their id elsewhere and are taken', async () => {
    expect((await load({ '/dwos/a.dwo': dwo(header(8, 1n, 4)) }, [7n])).names).toEqual(['/dwos/a.dwo'])
  })

  test('without anything in them, or no ELF files, are passed over', async () => {
    expect(await load({ '/build/obj/a.dwo': buildElfModule({}).bytes, '/dwos/a.dwo': new Uint8Array(99) }, [7n])).toMatchObject({ names: [], open: 0 })
  })
})

test('no bytes of headers keep the search for ids going', () => {
  const random = new Random(9)
  for (let i = 0; i < 2000; i++) {
    const bytes = random.bytes(random.below(200))
    if (i % 2) bytes.fill(i % 3 ? 0xff : 0, 0, random.below(12))
    splitIds(bytes)
  }
})
