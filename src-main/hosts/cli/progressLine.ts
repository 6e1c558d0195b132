/** Progress as one line that is drawn again and again; drawn on terminals only. */
import type { CoreEvent, Stage } from '../../contract/api.ts'

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

export class ProgressLine {
  private readonly terminal: Terminal | null
  private drawn = false

  constructor(terminal: Terminal, quiet: boolean) {
    this.terminal = terminal.isTTY === true && !quiet ? terminal : null
  }

  show(event: CoreEvent): void {
    if (event.kind === 'symbols') return this.draw(`reading symbols  ${event.done} of ${event.total} modules`)
    if (this.terminal === null || event.kind !== 'progress') return
    const percent = event.total > 0 ? `  ${Math.min(100, Math.floor((event.done / event.total) * 100))} %` : ''
    const left = event.remainingMs === null ? '' : `  ${duration(event.remainingMs)} left`
    this.draw(`${NAMES[event.stage]}${percent}${left}`)
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
