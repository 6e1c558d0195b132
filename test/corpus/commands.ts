/**
 * The machine's tools, as the corpus uses them: run one to its end, or start a program and wait until it is ready.
 * What the machine doesn't have is `Unavailable`, and costs the specimens that need it, by name.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** This machine can't make the specimen; the message says why. */
export class Unavailable extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Unavailable'
  }
}

export type Environment = Record<string, string>

const PLAIN: Environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/nonexistent' }

/** The path of a tool; throws Unavailable. Absolute paths are checked as they are. */
export function tool(name: string): string {
  for (const folder of name.startsWith('/') ? [''] : (PLAIN.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      continue
    }
  }
  throw new Unavailable(`no ${name} on this machine`)
}

/** Standard output of a command that must succeed. */
export function run(command: string, args: string[], cwd?: string): Promise<string> {
  const path = tool(command)
  return new Promise((resolve, reject) => {
    execFile(path, args, { cwd, env: PLAIN, maxBuffer: 1 << 28, timeout: 300_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command} ${args.join(' ')}\n${stderr.slice(-2000)}`))
    })
  })
}

export interface Running {
  child: ChildProcess
  pid: number
  /** Standard output so far. */
  output(): string
  ended: Promise<void>
}

/**
 * Starts a program that may leave a core. prlimit and env replace themselves by what they start, so the pid is the
 * program's, and neither sees its environment.
 */
export function start(command: string[], cwd: string, environment: Environment): Running {
  const assignments = Object.entries({ ...PLAIN, ...environment }).map(([name, value]) => `${name}=${value}`)
  const child = spawn(tool('prlimit'), ['--core=unlimited', tool('env'), '-i', ...assignments, ...command], { cwd, env: PLAIN })
  let text = ''
  child.stdout.on('data', (piece: Buffer) => (text += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (text += piece.toString()))
  child.stdin.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.once('error', () => undefined)
  if (child.pid === undefined) throw new Unavailable(`${command[0]} does not start`)
  return { child, pid: child.pid, output: () => text, ended }
}

/** Waits for `step` to answer something; it is asked every 20 ms. */
export async function until<T>(what: string, step: () => T | null | Promise<T | null>, seconds = 60): Promise<T> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const answer = await step()
    if (answer !== null) return answer
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The pid of the process that says "ready <pid>": the one started, or its child. */
export function whenReady(running: Running): Promise<number> {
  return until('the program says ready', () => {
    const said = /^ready(?: (\d+))?$/m.exec(running.output())
    if (said !== null) return said[1] === undefined ? running.pid : Number(said[1])
    if (running.child.exitCode !== null || running.child.signalCode !== null) throw new Error(`ended before it was ready: ${running.output().slice(-2000)}`)
    return null
  })
}

/** The kernel writes cores into the working directory of the process; throws Unavailable where it doesn't. */
export function requireKernelCores(): void {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
  if (pattern !== 'core' && pattern !== 'core.%p') throw new Unavailable(`the kernel's core_pattern is ${pattern.startsWith('|') ? 'a pipe' : pattern}`)
}
