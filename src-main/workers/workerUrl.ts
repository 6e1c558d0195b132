/**
 * Where a worker's script lies: beside this source as `.ts` (Node strips the types), or as `.js` in the bundle, whose
 * chunks may be a folder deeper. The bundle's entries of these names are electron.vite.config.ts's.
 */
export type WorkerName = 'engine.worker' | 'graph.worker' | 'symbol.worker'

export function workerUrl(worker: WorkerName, from: string = import.meta.url): URL {
  const bundle = from.lastIndexOf('/out/main/')
  if (bundle > from.lastIndexOf('/src-main/')) return new URL(`${from.slice(0, bundle)}/out/main/${worker}.js`)
  return new URL(`./${worker}.ts`, from)
}
