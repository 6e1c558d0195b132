/**
 * Where a compiled kernel lies: out/kernels/NAME.wasm, whether this module runs from source (…/src-main/…), from the
 * bundle (…/out/main/…) or from inside an asar archive, which Electron's `fs` reads like a folder.
 */
export function kernelUrl(name: string, from: string = import.meta.url): URL {
  const source = from.lastIndexOf('/src-main/')
  const bundle = from.lastIndexOf('/out/main/')
  const end = Math.max(source, bundle)
  if (end < 0) throw new Error(`kernels are looked for from src-main or out/main, not from ${from}`)
  return new URL(`${from.slice(0, end)}/out/kernels/${name}.wasm`)
}
