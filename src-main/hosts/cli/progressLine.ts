/** Progress as one line that is drawn again and again; drawn on terminals only. */
import type { CoreEvent, GraphStage, Stage } from '../../contract/api.ts'
import type { GraphState } from '../../contract/rows.ts'

export interface Terminal {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

const NAMES: Record<Stage, string> = {
  decompress: 'decompressing',
  open: 'opening',
  arenas: 'finding arenas',
  blocks: 'walking blocks',
  types: 'identifying types',
  store: 'storing',
}

const GRAPH_NAMES: Record<GraphStage, string> = {
  references: 'finding references',
  reach: 'following roots',
  leaks: 'finding leaks',
  keep: 'storing the graph',
  dominators: 'finding dominators',
}

export class ProgressLine {
  private readonly terminal: Terminal | null
  private drawn = false

  constructor(terminal: Terminal, quiet: boolean) {
    this.terminal = terminal.isTTY === true && !quiet ? terminal : null
  }

  show(event: CoreEvent): void {
    if (event.kind === 'symbols') return this.draw(`reading symbols  ${event.done} of ${event.total} modules`)
    if (event.kind === 'graph') return this.graph(event.state)
    if (this.terminal === null || event.kind !== 'progress') return
    const percent = event.total > 0 ? `  ${Math.min(100, Math.floor((event.done / event.total) * 100))} %` : ''
    const left = event.remainingMs === null ? '' : `  ${duration(event.remainingMs)} left`
    this.draw(`${NAMES[event.stage]}${percent}${left}`)
  }

  private graph({ stage, share, remainingMs }: GraphState): void {
    if (stage === null) return
    const left = remainingMs === null ? '' : `  ${duration(remainingMs)} left`
    this.draw(`${GRAPH_NAMES[stage]}${share > 0 ? `  ${Math.floor(share * 100)} %` : ''}${left}`)
  }

  draw(line: string): void {
    if (this.terminal === null) return
    this.terminal.write(`\r${line.slice(0, (this.terminal.columns ?? 80) - 1)}\x1b[K`)
    this.drawn = true
  }

  clear(): void {
    if (this.terminal !== null && this.drawn) this.terminal.write('\r\x1b[K')
    this.drawn = false
  }
}

export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
