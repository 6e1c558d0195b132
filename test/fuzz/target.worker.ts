/** A worker thread that damages the image it was started with and judges the result, case by case. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Mutation } from './mutations.ts'
import { mutate, placesOf } from './mutations.ts'
import { judge } from './target.ts'

const image = workerData as Uint8Array
const places = placesOf(image)

parentPort?.on('message', ({ mutation, seed }: { mutation: Mutation; seed: number }) => {
  void judge(mutate(image, places, mutation, seed)).then((verdict) => {
    parentPort?.postMessage({ verdict, rss: process.memoryUsage().rss, peak: process.resourceUsage().maxRSS * 1024 })
  })
})
