/** Seconds by stage, in the order they ran. */
export interface Stopwatch {
  laps: { stage: string; seconds: number }[]
  /** The stage that ends now. */
  lap(stage: string): void
}

/** @param now seconds, monotonic */
export function stopwatch(now: () => number): Stopwatch {
  let last = now()
  const laps: Stopwatch['laps'] = []
  return {
    laps,
    lap(stage) {
      const at = now()
      laps.push({ stage, seconds: at - last })
      last = at
    },
  }
}
