/** What gcc, binutils, dwz and xz make of a program's debug information, found and read again byte for byte. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { DwarfFile } from '../../../src-main/engine/dwarf/file.ts'
import { buildIdOf } from '../../../src-main/engine/elf/buildId.ts'
import { loadDwarfFile } from '../../../src-main/engine/elf/debugSections.ts'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import type { OpenOptions } from '../../../src-main/engine/session.ts'
import type { PreparedModule } from '../../../src-main/engine/symbols/indexModule.ts'
import { prepareModule } from '../../../src-main/engine/symbols/prepareModule.ts'
import { openFileByteSource } from '../../../src-main/storage/fileByteSource.ts'
import { moduleFiles } from '../../../src-main/storage/moduleFiles.ts'
import { sectionDecompressor } from '../../../src-main/storage/sectionDecompressor.ts'

const has = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined
const folder = mkdtempSync(join(tmpdir(), 'corelens-debug-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const shell = (script: string): void => void execFileSync('sh', ['-c', `set -e; ${script}`], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })

const SOURCE = `
#include <cstdio>
#include <map>
#include <string>
#include <vector>
struct Player { int id; std::string name; std::vector<std::map<int, Player *>> friends; };
static Player table[7];
int busy(Player *p) { return p->id + (int)p->friends.size(); }
int main() { table[0].id = 3; return busy(table) + printf("%d", table[1].id); }
`
if (has('g++')) {
  writeFileSync(join(folder, 'app.cpp'), SOURCE)
  shell('g++ -g -O1 -Wl,--build-id=sha1 app.cpp -o app; g++ -g -O1 -Wl,--build-id=none app.cpp -o anonymous; g++ -g -O1 -Wl,--build-id=sha1 -DOTHER app.cpp -o other -Wl,--defsym=other=1')
}

interface Read extends PreparedModule {
  diagnostics: Diagnostics
  names: string[]
}

async function read(file: string, options: Partial<OpenOptions> = {}): Promise<Read> {
  const diagnostics = new Diagnostics()
  const path = join(folder, file)
  const source = openFileByteSource(path)
  const buildId = buildIdOf(new ElfFile(source), false)
  source.close()
  const prepared = await prepareModule({ path, buildId, file: path, debugFile: '', options: { debug: [], ...options } }, moduleFiles, sectionDecompressor, diagnostics)
  const names = Array.from(prepared.symbols.name, (at) => Buffer.from(prepared.symbolStrings.subarray(at, prepared.symbolStrings.indexOf(0, at))).toString())
  return { ...prepared, diagnostics, names }
}

/** Same sections, whatever way they were kept. */
function expectSame(ours: DwarfFile | undefined, plain: DwarfFile): void {
  for (const section of ['info', 'abbrev', 'str', 'lineStr', 'line', 'rnglists'] as const) {
    expect(ours?.[section].length, section).toBe(plain[section].length)
    expect(Buffer.compare(ours![section], plain[section]), section).toBe(0)
  }
  expect(plain.info.length).toBeGreaterThan(1000)
}

const idOf = (file: string): string => {
  const source = openFileByteSource(join(folder, file))
  const id = buildIdOf(new ElfFile(source), false)
  source.close()
  return id
}

describe.skipIf(!has('g++') || !has('objcopy'))('debug information', () => {
  test('in the file itself', async () => {
    const { dwarf, files, missing, names, diagnostics } = await read('app')
    expect(dwarf.map((file) => file.kind)).toEqual(['main'])
    expect(files).toEqual([join(folder, 'app')])
    expect(missing).toBe('')
    expect(names).toEqual(expect.arrayContaining(['main', '_Z4busyP6Player', '_ZL5table']))
    expect(diagnostics.rows).toEqual([])
  })

  test('compressed by objcopy and by gcc', async () => {
    const plain = (await read('app')).dwarf[0]
    for (const how of ['zlib', 'zlib-gnu', 'zstd']) {
      const made = spawnSync('objcopy', [`--compress-debug-sections=${how}`, 'app', `app-${how}`], { cwd: folder, encoding: 'utf8' })
      if (made.status !== 0) {
        console.log(`objcopy can't make ${how}: ${made.stderr}`)
        continue
      }
      const { dwarf, diagnostics } = await read(`app-${how}`)
      expectSame(dwarf[0], plain)
      expect(diagnostics.rows).toEqual([])
    }
    shell('g++ -g -O1 -gz app.cpp -o app-gz')
    expect((await read('app-gz')).dwarf[0].info.length).toBe(plain.info.length)
  })

  test('in a file that .gnu_debuglink names, if its CRC or build-id is right', async () => {
    for (const name of ['app', 'anonymous']) {
      const at = `linked-${name}`
      shell(`mkdir ${at}; cd ${at}; objcopy --only-keep-debug ../${name} x.debug; strip ../${name} -o x; objcopy --add-gnu-debuglink=x.debug x`)
      const { dwarf, files, names, diagnostics } = await read(`${at}/x`)
      expect(files).toEqual([join(folder, at, 'x'), join(folder, at, 'x.debug')])
      expectSame(dwarf[0], (await read(name)).dwarf[0])
      expect(names).toContain('_ZL5table')
      expect(diagnostics.rows).toEqual([])
    }
    shell('mkdir wrong-crc wrong-id; cp linked-anonymous/x* wrong-crc; printf x >> wrong-crc/x.debug; cp linked-app/x wrong-id; objcopy --only-keep-debug other wrong-id/x.debug')
    for (const at of ['wrong-crc', 'wrong-id']) {
      const { dwarf, missing, diagnostics } = await read(`${at}/x`)
      expect(dwarf).toEqual([])
      expect(missing).toBe('its separate debug file was not found')
      expect(diagnostics.rows).toMatchObject([{ kind: 'mismatch', message: expect.stringContaining(at === 'wrong-crc' ? 'CRC-32' : idOf('other')) }])
    }
  })

  test('in a build-id tree', async () => {
    const id = idOf('app')
    shell(`mkdir -p tree/.build-id/${id.slice(0, 2)} far; objcopy --only-keep-debug app tree/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug; strip app -o far/app`)
    const debug = join(folder, 'tree')
    expect((await read('far/app', { debug: [debug] })).dwarf[0].name).toBe(`${debug}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`)
    expect((await read('far/app')).missing).toBe('its separate debug file was not found')
  })

  test.skipIf(!has('dwz'))('of which dwz moved a part out', async () => {
    mkdirSync(join(folder, 'dwz'))
    shell('g++ -g -O2 -Wl,--build-id=sha1 app.cpp -o dwz/b; cp app dwz/a; cd dwz; dwz -m common.dwz -M ../dwz/common.dwz a b')
    const { dwarf, files, diagnostics } = await read('dwz/a')
    expect(dwarf.map(({ kind }) => kind)).toEqual(['main', 'dwz'])
    expect(files[1]).toContain('common.dwz')
    expect(dwarf[1].info.length).toBeGreaterThan(100)
    expect(diagnostics.rows).toEqual([])
    shell('cp other dwz/common.dwz')
    const wrong = await read('dwz/a')
    expect(wrong.missing).toContain('dwz')
    expect(wrong.diagnostics.rows).toMatchObject([{ kind: 'mismatch' }])
  })

  test.skipIf(!has('xz'))('that is only a table of function names (.gnu_debugdata)', async () => {
    shell('mkdir mini; cd mini; echo _Z4busyP6Player > keep; objcopy -S --keep-symbols=keep ../app inner; xz inner; strip ../app -o x; objcopy --add-section .gnu_debugdata=inner.xz x')
    const { names, dwarf, missing, diagnostics } = await read('mini/x')
    expect(names).toContain('_Z4busyP6Player')
    expect(names).not.toContain('_ZL5table')
    expect(dwarf).toEqual([])
    expect(missing).toBe('its separate debug file was not found')
    expect(diagnostics.rows).toEqual([])
    shell('cd mini; head -c 300 inner.xz > cut.xz; strip ../app -o y; objcopy --add-section .gnu_debugdata=cut.xz y')
    const cut = await read('mini/y')
    expect(cut.names).not.toContain('_Z4busyP6Player')
    expect(cut.diagnostics.rows).toMatchObject([{ where: expect.stringContaining('.gnu_debugdata') }])
  })

  test('of a relocatable file is refused', async () => {
    shell('g++ -g -c app.cpp -o app.o')
    const { dwarf, diagnostics } = await read('app.o')
    expect(dwarf[0].info.length).toBe(0)
    expect(diagnostics.rows).toMatchObject([{ kind: 'unsupported' }])
  })
})

describe.skipIf(!has('g++'))('split debug information', () => {
  async function idIn(dwo: string): Promise<bigint> {
    const source = openFileByteSource(join(folder, dwo))
    const { info } = await loadDwarfFile(new ElfFile(source), 'split', sectionDecompressor, new Diagnostics())
    source.close()
    return new DataView(info.buffer).getBigUint64(12, true)
  }

  test('lies where the compiler wrote it, beside the executable, or in a folder that was named', async () => {
    shell('mkdir split; cd split; cp ../app.cpp .; g++ -g -gdwarf-5 -gsplit-dwarf -gz -c app.cpp -o app.o; g++ app.o -o app')
    const unit = { name: 'app.dwo', folder: join(folder, 'split'), id: await idIn('split/app.dwo') }
    const places: [string, string[]][] = [['true', []], ['mkdir moved; mv split/app moved; mv split/app.dwo moved', []], ['mkdir dwos; mv moved/app.dwo dwos', [join(folder, 'dwos')]]]
    for (const [script, debug] of places) {
      shell(script)
      const at = script === 'true' ? 'split/app' : 'moved/app'
      const prepared = await read(at, { debug })
      const [file, ...others] = await prepared.splitUnits([unit, unit])
      expect(others).toEqual([])
      expect(file.kind).toBe('split')
      expect(file.info.length).toBeGreaterThan(1000)
      expect(file.str.length).toBeGreaterThan(1000)
      expect(prepared.diagnostics.rows).toEqual([])
    }
  })

  test('of another build, or not there, is told', async () => {
    cpSync(join(folder, 'dwos/app.dwo'), join(folder, 'split/app.dwo'))
    const unit = { name: 'app.dwo', folder: join(folder, 'split'), id: (await idIn('split/app.dwo')) ^ 1n }
    const prepared = await read('moved/app')
    expect(await prepared.splitUnits([unit, { ...unit, name: 'gone.dwo' }])).toEqual([])
    expect(prepared.diagnostics.rows).toMatchObject([
      { kind: 'mismatch', message: expect.stringContaining('is of another build (unit ') },
      { kind: 'missing', message: expect.stringContaining('2 of its 2 split units were not found, such as app.dwo') },
    ])
  })

  test.skipIf(!has('dwp'))('may be packed', async () => {
    shell('mkdir packed; cd packed; cp ../app.cpp .; g++ -g -gdwarf-4 -gsplit-dwarf -c app.cpp -o app.o; g++ app.o -o app; dwp -e app -o app.dwp; rm app.dwo')
    const { dwarf, files } = await read('packed/app')
    expect(dwarf.map(({ kind }) => kind)).toEqual(['main', 'split'])
    expect(files[1]).toBe(join(folder, 'packed/app.dwp'))
    expect(dwarf[1].cuIndex.length).toBeGreaterThan(16)
    expect(dwarf[1].info.length).toBeGreaterThan(1000)
  })
})
