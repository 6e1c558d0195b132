/** The compiled WebAssembly that the engine asks for: its own kernels and the demangler, all in out/kernels/. */
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'

/** Kernels whose functions run long in one call. */
const OPTIMIZED = new Set(['graph', 'references'])

export function wasmModule(name: string): WebAssembly.Module {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(kernelUrl(name))
  } catch (error) {
    throw new Error(`out/kernels/${name}.wasm is missing: npm run build:kernels makes it`, { cause: error })
  }
  return OPTIMIZED.has(name) ? optimized(bytes) : new WebAssembly.Module(bytes)
}

/**
 * Compiled by the optimizing compiler alone: V8 runs a function that is called once, however long, in the code it was first
 * compiled to.
 */
function optimized(bytes: Uint8Array): WebAssembly.Module {
  setFlagsFromString('--no-liftoff')
  try {
    return new WebAssembly.Module(bytes)
  } finally {
    setFlagsFromString('--liftoff')
  }
}

/**
 * out/kernels/NAME.wasm, whether this module runs from source (…/src-main/…), from the bundle (…/out/main/…) or from inside
 * an asar archive, which Electron's `fs` reads like a folder.
 */
export function kernelUrl(name: string, from: string = import.meta.url): URL {
  const end = Math.max(from.lastIndexOf('/src-main/'), from.lastIndexOf('/out/main/'))
  if (end < 0) throw new Error(`kernels are looked for from src-main or out/main, not from ${from}`)
  return new URL(`${from.slice(0, end)}/out/kernels/${name}.wasm`)
}
