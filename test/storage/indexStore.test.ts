import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { IndexStore } from '../../src-main/engine/ports.ts'
import { lmdbIndexStore } from '../../src-main/storage/lmdbIndexStore.ts'
import { memoryIndexStore } from '../../src-main/storage/memoryIndexStore.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'corelens-store-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const bytes = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255)
const files = (): string[] => readdirSync(join(folder, 'cores'))
const indexes = (): string[] => files().filter((name) => name.endsWith('.mdb'))

function write(store: IndexStore, identity: string, chunk: Uint8Array, version = 1): void {
  const writer = store.create(identity, version)
  writer.writeChunk('addr', 0, chunk)
  writer.commit({ of: identity })
}

const stores: [string, () => IndexStore][] = [
  ['LMDB', () => lmdbIndexStore(folder)],
  ['memory', memoryIndexStore],
]

describe.each(stores)('an index store in %s', (_name, create) => {
  test('answers what was committed: meta and chunks of every size', () => {
    const store = create()
    const sizes = [0, 1, 7, 100, 5000, 70_000, 1 << 20, 4 << 20]
    const writer = store.create('a core', 3)
    sizes.forEach((size, chunk) => writer.writeChunk('addr', chunk, bytes(size, chunk)))
    writer.writeChunk('state', 2, bytes(10, 9))
    writer.commit({ blocks: 11_000_000, strings: ['ä', '\0'] })
    const index = store.open('a core', 3)!
    expect(index.meta).toEqual({ blocks: 11_000_000, strings: ['ä', '\0'] })
    const read = sizes.map((_size, chunk) => index.readChunk('addr', chunk)!)
    read.forEach((chunk, i) => expect(Buffer.compare(chunk, bytes(sizes[i]!, i))).toBe(0))
    expect(index.readChunk('state', 2)).toEqual(bytes(10, 9))
    for (const missing of [() => index.readChunk('state', 0), () => index.readChunk('addr', 8), () => index.readChunk('nothing', 0)]) expect(missing()).toBeNull()
    index.close()
  })

  test('answers chunks that stay as they are and own their memory', () => {
    const store = create()
    const writer = store.create('x', 1)
    for (let chunk = 0; chunk < 20; chunk++) writer.writeChunk('c', chunk, bytes(1000, chunk))
    writer.commit(null)
    const index = store.open('x', 1)!
    const all = Array.from({ length: 20 }, (_, chunk) => index.readChunk('c', chunk)!)
    index.close()
    all.forEach((chunk, i) => {
      expect(chunk).toEqual(bytes(1000, i))
      expect(chunk.byteLength).toBe(1000)
      expect(chunk.buffer.byteLength).toBe(1000)
    })
  })

  test('shows nothing of another identity or version, nothing before commit, nothing after abort', () => {
    const store = create()
    expect(store.open('x', 1)).toBeNull()
    const writer = store.create('x', 1)
    writer.writeChunk('c', 0, bytes(10, 0))
    expect(store.open('x', 1)).toBeNull()
    writer.abort()
    expect(store.open('x', 1)).toBeNull()
    write(store, 'x', bytes(10, 1))
    expect(store.open('y', 1)).toBeNull()
    expect(store.open('x', 2)).toBeNull()
  })

  test('replaces an index while the old one is being read', () => {
    const store = create()
    write(store, 'x', bytes(5000, 1))
    const old = store.open('x', 1)!
    write(store, 'x', bytes(5000, 2))
    const now = store.open('x', 1)!
    expect(old.readChunk('addr', 0)).toEqual(bytes(5000, 1))
    expect(now.readChunk('addr', 0)).toEqual(bytes(5000, 2))
    old.close()
    expect(now.readChunk('addr', 0)).toEqual(bytes(5000, 2))
    now.close()
  })
})

describe('an index store in LMDB', () => {
  test('leaves one index and no other files', () => {
    const store = lmdbIndexStore(folder)
    write(store, 'x', bytes(10, 1))
    write(store, 'x', bytes(10, 2))
    store.create('y', 1).abort()
    expect(files().filter((name) => !name.endsWith('-lock'))).toHaveLength(1)
    expect(indexes()).toHaveLength(1)
  })

  test('removes an index of another version', () => {
    const store = lmdbIndexStore(folder)
    write(store, 'x', bytes(10, 1), 1)
    expect(store.open('x', 2)).toBeNull()
    expect(files()).toEqual([])
  })

  test('removes an index that was cut, anywhere', () => {
    const store = lmdbIndexStore(folder)
    for (const keep of [0, 1, 100, 4096, 8192, 100_000]) {
      write(store, 'x', bytes(1 << 20, 1))
      truncateSync(join(folder, 'cores', indexes()[0]!), keep)
      expect(store.open('x', 1)).toBeNull()
      expect(indexes()).toEqual([])
    }
  })

  test('does not answer damaged bytes', () => {
    const store = lmdbIndexStore(folder)
    write(store, 'x', bytes(1 << 20, 1))
    const path = join(folder, 'cores', indexes()[0]!)
    const content = readFileSync(path)
    content[content.indexOf(bytes(64, 1)) + 500_000]! ^= 1
    writeFileSync(path, content)
    const index = store.open('x', 1)!
    expect(index.readChunk('addr', 0)).toBeNull()
    index.close()
    writeFileSync(path, Buffer.alloc(content.length, 0x5a))
    expect(store.open('x', 1)).toBeNull()
    expect(indexes()).toEqual([])
  })

  test('removes what a dead process left, and leaves a living one alone', () => {
    const store = lmdbIndexStore(folder)
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    const living = store.create('living', 1)
    writeFileSync(join(folder, 'cores', `00.${dead}-1.ab.tmp`), 'x')
    writeFileSync(join(folder, 'cores', `00.${dead}-1.ab.tmp-lock`), 'x')
    writeFileSync(join(folder, 'cores', '00.12.ab.mdb-lock'), 'x')
    write(store, 'x', bytes(10, 1))
    expect(files().filter((name) => name.startsWith('00.'))).toEqual([])
    living.writeChunk('c', 0, bytes(1, 1))
    living.commit(null)
    expect(store.open('living', 1)).not.toBeNull()
  })

  test('keeps below its limit, least recently used first', () => {
    const store = lmdbIndexStore(folder, 2_500_000)
    write(store, 'first', bytes(1 << 20, 1))
    utimesSync(join(folder, 'cores', indexes()[0]!), 1, 1)
    write(store, 'second', bytes(1 << 20, 1))
    for (const name of indexes()) if (statSync(join(folder, 'cores', name)).mtimeMs > 2000) utimesSync(join(folder, 'cores', name), 2, 2)
    store.open('first', 1)!.close()
    write(store, 'third', bytes(1 << 20, 1))
    expect(store.open('second', 1)).toBeNull()
    expect(store.open('first', 1)).not.toBeNull()
    expect(store.open('third', 1)).not.toBeNull()
  })

  test('fails in words where the folder cannot be made', () => {
    writeFileSync(join(folder, 'cores'), 'a file')
    expect(lmdbIndexStore(folder).open('x', 1)).toBeNull()
    expect(() => lmdbIndexStore(folder).create('x', 1)).toThrow(/EEXIST|ENOTDIR/)
  })
})
