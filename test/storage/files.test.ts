import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UnreadableCore } from '../../src-main/engine/errors.ts'
import { cacheFolder, platformCacheFolder } from '../../src-main/storage/cacheFolder.ts'
import { openFileByteSource } from '../../src-main/storage/fileByteSource.ts'
import { moduleFiles } from '../../src-main/storage/moduleFiles.ts'
import { RECENT_LIMIT, RecentFiles } from '../../src-main/storage/recentFiles.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'corelens-files-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
const isRoot = process.getuid?.() === 0

function refusal(path: string): string {
  try {
    openFileByteSource(path)
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableCore)
    const { message, where, remedy } = error as UnreadableCore
    expect(where).toBe(path)
    expect(remedy).not.toBe('')
    return message
  }
  throw new Error('it was opened')
}

describe('a file as a byte source', () => {
  test('reads anywhere, and less only at the end', () => {
    writeFileSync(at('core'), Uint8Array.from({ length: 100 }, (_, i) => i))
    const source = openFileByteSource(at('core'))
    expect([source.name, source.size]).toEqual([at('core'), 100])
    expect(Date.now() - source.modified).toBeLessThan(60_000)
    const target = new Uint8Array(10)
    expect([source.read(50, target), target[0], target[9]]).toEqual([10, 50, 59])
    expect([source.read(95, target), target[4]]).toEqual([5, 99])
    expect([source.read(100, target), source.read(1e12, target)]).toEqual([0, 0])
    expect(() => source.read(-1, target)).toThrow(RangeError)
    source.close()
    source.close()
    expect(() => source.read(0, target)).toThrow('was closed')
  })

  test('reads beyond 4 GiB and does not wrap', () => {
    writeFileSync(at('core'), 'begin')
    truncateSync(at('core'), 100 * 2 ** 30)
    const source = openFileByteSource(at('core'))
    expect(source.size).toBe(100 * 2 ** 30)
    const target = new Uint8Array(5).fill(7)
    expect([source.read(2 ** 32, target), target[0]]).toEqual([5, 0])
    expect(source.read(100 * 2 ** 30 - 3, target)).toBe(3)
    source.close()
  })

  test('refuses what is no file of bytes, in words', () => {
    mkdirSync(at('folder'))
    writeFileSync(at('empty'), '')
    symlinkSync(at('loop'), at('loop'))
    expect(refusal(at('nothing'))).toContain('no such file')
    expect(refusal(join(at('empty'), 'below'))).toContain('no such file')
    expect(refusal(at('folder'))).toContain('is a directory')
    expect(refusal(at('empty'))).toContain('empty')
    expect(refusal(at('loop'))).toContain('not a path')
    expect(refusal(at('nul\0byte'))).toContain('not a path')
    expect(refusal('')).toContain('no such file')
  })

  test.skipIf(process.platform === 'win32')('does not wait for a pipe', () => {
    expect(spawnSync('mkfifo', [at('pipe')]).status).toBe(0)
    expect(refusal(at('pipe'))).toContain('not a regular file')
    expect(refusal('/dev/null')).toContain('not a regular file')
  })

  test.skipIf(process.platform === 'win32')('says when it may not read', () => {
    writeFileSync(at('secret'), 'x')
    chmodSync(folder, 0o755)
    chmodSync(at('secret'), 0)
    if (!isRoot) return expect(refusal(at('secret'))).toContain('no permission')
    // Root may read everything: ask as someone else, through the same module.
    const asked = `import { openFileByteSource } from '${new URL('../../src-main/storage/fileByteSource.ts', import.meta.url).href}'
      process.setuid(65534)
      try { openFileByteSource(${JSON.stringify(at('secret'))}) } catch (error) { console.log(error.message) }`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', asked], { encoding: 'utf8' })
    expect(stdout).toContain('no permission')
  })

  test('module files that are missing are null', () => {
    writeFileSync(at('lib.so'), 'x')
    expect(moduleFiles.open(at('lib.so'))?.size).toBe(1)
    expect(moduleFiles.open(at('none.so'))).toBeNull()
    expect(moduleFiles.open(folder)).toBeNull()
  })
})

describe('the cache folder', () => {
  test('is what was asked, what the environment says, or the platform’s', () => {
    expect(cacheFolder('/asked', { CORELENS_CACHE: '/env' })).toBe('/asked')
    expect(cacheFolder(undefined, { CORELENS_CACHE: '/env' })).toBe('/env')
    expect(platformCacheFolder('linux', '/home/ann', {})).toBe('/home/ann/.cache/corelens')
    expect(platformCacheFolder('linux', '/home/ann', { XDG_CACHE_HOME: '/x' })).toBe('/x/corelens')
    expect(platformCacheFolder('linux', '/home/ann', { XDG_CACHE_HOME: 'relative' })).toBe('/home/ann/.cache/corelens')
    expect(platformCacheFolder('darwin', '/Users/ann', {})).toBe('/Users/ann/Library/Caches/corelens')
    expect(platformCacheFolder('win32', 'C:\\Users\\ann', {})).toBe('C:\\Users\\ann\\AppData\\Local\\corelens\\Cache')
    expect(platformCacheFolder('win32', 'C:\\Users\\ann', { LOCALAPPDATA: 'D:\\L' })).toBe('D:\\L\\corelens\\Cache')
  })
})

describe('recent files', () => {
  test('are newest first, once each, at most 20, and outlive the process', () => {
    const recent = new RecentFiles(at('cache'))
    expect(recent.list()).toEqual([])
    for (let i = 0; i < 30; i++) recent.add(`/core.${i}`, i)
    recent.add('/core.20', 99)
    const list = new RecentFiles(at('cache')).list()
    expect(list).toHaveLength(RECENT_LIMIT)
    expect(list.slice(0, 2)).toEqual([{ path: '/core.20', opened: 99 }, { path: '/core.29', opened: 29 }])
    expect(new Set(list.map(({ path }) => path)).size).toBe(RECENT_LIMIT)
    recent.remove('/core.20')
    expect(recent.list()[0]?.path).toBe('/core.29')
    expect(readdirSync(at('cache'))).toEqual(['recent.json'])
  })

  test.each(['', 'null', '{', '{"a":1}', '[1,null,{"path":5},{"path":"/x","opened":"y"}]'])('a damaged list is empty: %s', (text) => {
    mkdirSync(at('cache'))
    writeFileSync(join(at('cache'), 'recent.json'), text)
    const recent = new RecentFiles(at('cache'))
    expect(recent.list()).toEqual([])
    recent.add('/core', 1)
    expect(recent.list()).toEqual([{ path: '/core', opened: 1 }])
  })

  test('a folder that cannot be written is no failure', () => {
    writeFileSync(at('cache'), 'a file')
    expect(() => new RecentFiles(at('cache')).add('/core', 1)).not.toThrow()
  })
})
