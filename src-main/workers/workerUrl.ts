/**
 * Where the engine worker's script lies: beside this source as `.ts` (Node strips the types), or as `.js` in the bundle,
 * whose chunks may be a folder deeper. The bundle's entry of that name is electron.vite.config.ts's.
 */
export function workerUrl(from: string = import.meta.url): URL {
  const bundle = from.lastIndexOf('/out/main/')
  if (bundle > from.lastIndexOf('/src-main/')) return new URL(`${from.slice(0, bundle)}/out/main/engine.worker.js`)
  return new URL('./engine.worker.ts', from)
}
