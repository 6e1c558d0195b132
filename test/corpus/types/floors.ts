/** What each program's types must reach with each of its builds, as shares. To be raised as the inference gets better, never lowered. */
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
  game: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  server: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  compiler: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  threads: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  document: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  kvstore: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  interpreter: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  database: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  daemon: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  trading: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  scene: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  query: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  parser: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  cache: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
  graph: { coverage: 0, coverageByBytes: 0, precision: 0, sure: 0 },
}
