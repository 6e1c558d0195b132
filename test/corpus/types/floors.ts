/** What each program's types must reach with each of its builds, as shares: what was seen, less what differs from run to run (kvstore from 80 to 97 %). To be raised as the inference gets better, never lowered. */
export interface Floor {
  /** Right of all scored blocks. */
  coverage: number
  coverageByBytes: number
  /** Right of the typed blocks. */
  precision: number
  /** Right of the blocks whose confidence is at least .99. */
  sure: number
}

export const FLOORS: Record<string, Floor> = {
  game: { coverage: 0.95, coverageByBytes: 0.94, precision: 0.97, sure: 0.99 },
  server: { coverage: 0.9, coverageByBytes: 0.9, precision: 0.95, sure: 0.98 },
  compiler: { coverage: 0.93, coverageByBytes: 0.83, precision: 0.98, sure: 0.99 },
  threads: { coverage: 0.96, coverageByBytes: 0.95, precision: 0.98, sure: 0.99 },
  document: { coverage: 0.95, coverageByBytes: 0.94, precision: 0.97, sure: 0.99 },
  kvstore: { coverage: 0.75, coverageByBytes: 0.72, precision: 0.96, sure: 0.99 },
  interpreter: { coverage: 0.91, coverageByBytes: 0.92, precision: 0.96, sure: 0.99 },
  database: { coverage: 0.79, coverageByBytes: 0.9, precision: 0.94, sure: 0.99 },
  daemon: { coverage: 0.95, coverageByBytes: 0.94, precision: 0.98, sure: 0.99 },
  trading: { coverage: 0.95, coverageByBytes: 0.94, precision: 0.97, sure: 0.97 },
  scene: { coverage: 0.84, coverageByBytes: 0.92, precision: 0.91, sure: 0.89 },
  query: { coverage: 0.95, coverageByBytes: 0.94, precision: 0.97, sure: 0.98 },
  parser: { coverage: 0.82, coverageByBytes: 0.78, precision: 0.97, sure: 0.99 },
  cache: { coverage: 0.77, coverageByBytes: 0.91, precision: 0.95, sure: 0.99 },
  graph: { coverage: 0.65, coverageByBytes: 0.62, precision: 0.87, sure: 0.99 },
}
