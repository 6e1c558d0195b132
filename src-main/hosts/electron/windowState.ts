/** Where the window was when it was closed, as JSON; a missing, damaged or off-screen place is the default one. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Bounds {
  x: number
  y: number
  width: number
  height: number
}

export interface WindowState {
  bounds: Bounds | null
  maximized: boolean
}

const DEFAULT: WindowState = { bounds: null, maximized: false }
const LEAST = { width: 640, height: 400 }
/** So much of the window must be on a screen to be dragged back. */
const VISIBLE = 100

/** `screens`: the work areas. */
export function readWindowState(file: string, screens: readonly Bounds[]): WindowState {
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as WindowState
    const { bounds } = state
    if (bounds === null || !isBounds(bounds) || !screens.some((screen) => overlaps(bounds, screen))) return DEFAULT
    return { bounds: { ...bounds, width: Math.max(bounds.width, LEAST.width), height: Math.max(bounds.height, LEAST.height) }, maximized: state.maximized === true }
  } catch {
    return DEFAULT
  }
}

export function writeWindowState(file: string, state: WindowState): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.tmp`, JSON.stringify(state))
    renameSync(`${file}.tmp`, file)
  } catch {
    // The window opens at the default place next time.
  }
}

function isBounds(value: Bounds): boolean {
  return [value.x, value.y, value.width, value.height].every((n) => Number.isInteger(n) && Math.abs(n) < 100_000)
}

function overlaps(a: Bounds, b: Bounds): boolean {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return width >= VISIBLE && height >= VISIBLE
}
