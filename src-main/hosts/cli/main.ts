#!/usr/bin/env node
/** The command `corelens`: joins this process to runCli. */
import { runCli } from './runCli.ts'

const INTERRUPTED = 130
const NODE = 24

if (Number.parseInt(process.versions.node, 10) < NODE) {
  process.stderr.write(`corelens: this Node is too old: ${process.version}: install Node ${NODE} or newer\n`)
  process.exit(1)
}

let interrupts = 0
process.exitCode = await runCli({
  args: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  onInterrupt(callback) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        // Who asks twice doesn't want to wait for files to be closed.
        if (++interrupts > 1) process.exit(INTERRUPTED)
        callback()
      })
    }
  },
})
