import { describe, expect, test } from 'vitest'
import { Cancelled } from '../../src-main/engine/ports.ts'
import type { ProgressReport } from '../../src-main/workers/messages.ts'
import { ProgressMeter } from '../../src-main/workers/progressMeter.ts'

function meter(): { progress: ProgressMeter; reports: ProgressReport[]; stop: Int32Array; pass: (ms: number) => void } {
  const shared = new SharedArrayBuffer(4)
  const reports: ProgressReport[] = []
  let now = 1000
  const progress = new ProgressMeter(shared, (report) => reports.push(report), () => now)
  return { progress, reports, stop: new Int32Array(shared), pass: (ms) => void (now += ms) }
}

describe('the progress meter', () => {
  test('reports at most ten times a second, and every stage', () => {
    const { progress, reports, pass } = meter()
    progress.stage('open', 0, 'bytes')
    progress.stage('blocks', 10_000, 'items')
    for (let i = 1; i <= 10_000; i++) {
      pass(1)
      progress.advance(i)
    }
    expect(reports.length).toBeGreaterThan(90)
    expect(reports.length).toBeLessThanOrEqual(102)
    expect(reports.at(-1)).toMatchObject({ stage: 'blocks', total: 10_000, unit: 'items', elapsedMs: 10_000 })
  })

  test('estimates the time left of all stages, once there is something to go by', () => {
    const { progress, reports, pass } = meter()
    progress.stage('blocks', 100, 'items')
    pass(200)
    progress.advance(1)
    expect(reports.at(-1)!.remainingMs).toBeNull()
    pass(9_800)
    progress.advance(50)
    const half = reports.at(-1)!.remainingMs!
    expect(half).toBeGreaterThan(5_000)
    pass(10_000)
    progress.advance(100)
    expect(reports.at(-1)!.remainingMs!).toBeLessThan(half * 1.2)
    progress.stage('store', 10, 'bytes')
    pass(3_000)
    progress.advance(10)
    expect(reports.at(-1)!.remainingMs).toBe(0)
  })

  test('throws Cancelled from the stop on', () => {
    const { progress, stop } = meter()
    progress.stage('open', 0, 'bytes')
    Atomics.store(stop, 0, 1)
    expect(() => progress.advance(1)).toThrow(Cancelled)
    expect(() => progress.stage('blocks', 0, 'items')).toThrow(Cancelled)
  })
})
