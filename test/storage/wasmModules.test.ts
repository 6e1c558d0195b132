import { expect, test } from 'vitest'
import { kernelUrl, wasmModule } from '../../src-main/storage/wasmModules.ts'

test.each([
  ['file:///x/src-main/storage/wasmModules.ts', 'file:///x/out/kernels/walk.wasm'],
  ['file:///x/out/main/engine.worker.js', 'file:///x/out/kernels/walk.wasm'],
  ['file:///x/out/main/chunks/a.js', 'file:///x/out/kernels/walk.wasm'],
  ['file:///x/app.asar/out/main/electron.js', 'file:///x/app.asar/out/kernels/walk.wasm'],
  ['file:///home/src-main/x/out/main/cli.js', 'file:///home/src-main/x/out/kernels/walk.wasm'],
])('from %s', (from, expected) => expect(kernelUrl('walk', from).href).toBe(expected))

test('every kernel compiles here; one that is none says what to do', () => {
  for (const name of ['chunkWalk', 'unitRows', 'demangle']) expect(wasmModule(name)).toBeInstanceOf(WebAssembly.Module)
  expect(() => wasmModule('nothing')).toThrow('npm run build:kernels')
})
