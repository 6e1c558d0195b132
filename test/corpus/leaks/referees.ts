/** What others say leaked: LeakSanitizer and valgrind, about the same program, run to its end. Both count the bytes asked for. */
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Unavailable, run, start, tool } from '../commands.ts'
import { type Build, type Program, compile } from './programs.ts'

export interface Count {
  blocks: number
  bytes: number
}

/** Throws Unavailable. */
export async function leakSanitizer(program: Program, build: Build, folder: string): Promise<{ direct: Count; indirect: Count }> {
  // clang's brings an operator new of its own, which may take the place of the program's
  const exe = await compile(program, build, join(folder, 'lsan'), ['-fsanitize=leak', '-Wl,--allow-multiple-definition']).catch((error: unknown) => {
    throw /(cannot find|no such file).*lsan|lsan.*no such file/i.test(String(error)) ? new Unavailable(`no LeakSanitizer for ${build.compiler} on this machine`) : error
  })
  const running = start([exe, 'exit'], folder, { LSAN_OPTIONS: `log_path=${exe}.log:exitcode=0` })
  await running.ended
  const report = readFileSync(`${exe}.log.${running.pid}`, 'utf8')
  if (report.includes('has encountered a fatal error')) throw new Unavailable('LeakSanitizer may not stop the process it is in')
  const of = (kind: string): Count => {
    const records = [...report.matchAll(new RegExp(`^${kind} leak of (\\d+) byte\\(s\\) in (\\d+) object`, 'gm'))]
    return { blocks: sum(records.map((r) => Number(r[2]))), bytes: sum(records.map((r) => Number(r[1]))) }
  }
  const found = { direct: of('Direct'), indirect: of('Indirect') }
  const [, bytes, blocks] = /^SUMMARY: LeakSanitizer: (\d+) byte\(s\) leaked in (\d+) allocation/m.exec(report) ?? []
  if (Number(blocks) !== found.direct.blocks + found.indirect.blocks || Number(bytes) !== found.direct.bytes + found.indirect.bytes) throw new Error(`LeakSanitizer's records are not its sum: ${report.slice(-300)}`)
  return found
}

export interface ValgrindTotals {
  definitely: Count
  indirectly: Count
  /** Without libc's own, see valgrind.supp. */
  possibly: Count
}

/** Throws Unavailable. Libc must not free its own memory first: the environment is some of it. */
export async function valgrind(exe: string): Promise<ValgrindTotals> {
  tool('valgrind')
  const log = `${exe}.valgrind`
  const options = ['--leak-check=full', '--show-leak-kinds=all', '--run-libc-freeres=no', '--run-cxx-freeres=no', `--suppressions=${join(import.meta.dirname, 'valgrind.supp')}`, `--log-file=${log}`]
  await run('valgrind', [...options, exe, 'exit'], dirname(exe)).catch((error: unknown) => {
    throw String(error).includes('Fatal error at startup') ? new Unavailable('no debug information of libc for valgrind (libc6-dbg)') : error
  })
  const summary = readFileSync(log, 'utf8')
  const of = (kind: string): Count => {
    const [, bytes, blocks] = new RegExp(`${kind}: ([\\d,]+) bytes in ([\\d,]+) blocks`).exec(summary) ?? []
    if (bytes === undefined || blocks === undefined) throw new Error(`valgrind says nothing of ${basename(exe)} ${kind}: ${summary.slice(-500)}`)
    return { blocks: Number(blocks.replaceAll(',', '')), bytes: Number(bytes.replaceAll(',', '')) }
  }
  return { definitely: of('definitely lost'), indirectly: of('indirectly lost'), possibly: of('possibly lost') }
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)
