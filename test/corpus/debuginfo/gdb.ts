/** gdb's word on a file's types and variables, by gdbTypes.py. */
import { spawn } from 'node:child_process'
import { createReadStream, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { run, tool } from '../commands.ts'
import type { Facts, TypeFact, VariableFact } from './forms.ts'

const script = join(import.meta.dirname, 'gdbTypes.py')

type Row = ({ what: 'type' } & TypeFact) | ({ what: 'variable' } & VariableFact) | { what: 'units'; count: number }

/** Kept beside the file until the file or the script changes. */
export async function gdbFacts(file: string, out = `${file}.gdb.jsonl`): Promise<Facts & { units: number }> {
  const newest = Math.max(statSync(file).mtimeMs, statSync(script).mtimeMs)
  if ((statSync(out, { throwIfNoEntry: false })?.mtimeMs ?? 0) < newest) {
    await run('gdb', ['-nx', '-batch', '-iex', 'set auto-load no', '-iex', 'set debuginfod enabled off', '-ex', `py OUT = ${JSON.stringify(out)}`, '-x', script, file], dirname(file))
  }
  const facts: Facts & { units: number } = { types: [], variables: [], units: 0 }
  for await (const line of createInterface({ input: createReadStream(out) })) {
    const row = JSON.parse(line) as Row
    if (row.what === 'type') facts.types.push(row)
    else if (row.what === 'variable') facts.variables.push(row)
    else facts.units = row.count
  }
  if (facts.units === 0) throw new Error(`gdb did not come to the end of ${file}`)
  return facts
}

/** Last parts of the names of types that stand in functions: gdb knows those only whose function has code. */
export async function localTypeNames(file: string): Promise<Set<string>> {
  const names = new Set<string>()
  const dump = spawn(tool('llvm-dwarfdump'), ['--debug-info', file], { stdio: ['ignore', 'pipe', 'ignore'] })
  let functionAt = -1
  let typeAt = -1
  for await (const line of createInterface({ input: dump.stdout })) {
    const die = /^0x\w+:(\s+)(DW_TAG_\w+)/.exec(line)
    if (die !== null) {
      const depth = die[1].length
      if (functionAt >= depth) functionAt = -1
      if (functionAt < 0 && die[2] === 'DW_TAG_subprogram') functionAt = depth
      typeAt = functionAt >= 0 && /_(structure|class|union|enumeration)_type$|_typedef$/.test(die[2]) ? depth : -1
    } else if (typeAt >= 0) {
      const name = /^\s+DW_AT_name\s+\("(.*)"\)$/.exec(line)
      if (name !== null) names.add(name[1])
    }
  }
  return names
}
