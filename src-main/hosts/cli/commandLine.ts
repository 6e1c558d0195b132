/**
 * The command line, read: arguments in, a command out. Pure; refuses with a UsageError whatever it does not know, also an
 * option that the command has no use for.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { GlobalQuery, TopQuery, TypeQuery } from '../../contract/api.ts'
import { TYPE_KINDS, type BlockState, type TypeKind } from '../../contract/rows.ts'
import { UsageError } from '../../engine/errors.ts'
import type { OpenOptions } from '../../engine/session.ts'

export type OutputFormat = 'text' | 'json' | 'jsonl'

/** Options that every command takes. */
export interface CommonOptions {
  open: OpenOptions
  cache: string | undefined
  noCache: boolean
  format: OutputFormat
  quiet: boolean
}

export type Command =
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'summary'; core: string; common: CommonOptions }
  | { kind: 'top'; core: string; common: CommonOptions; by: TopQuery['by']; sort: 'bytes' | 'count'; filter: string; limit: number | null; untyped: boolean }
  | { kind: 'blocks'; core: string; common: CommonOptions; state: BlockState | 'all'; type: string | undefined; size: number | undefined; limit: number | null; untyped: boolean }
  | { kind: 'block'; core: string; common: CommonOptions; address: number; as: string | undefined; limit: number | null }
  | { kind: 'types'; core: string; common: CommonOptions; name: string | null; filter: string; typeKind: TypeKind | undefined; sort: TypeQuery['sort'] | null; limit: number | null }
  | { kind: 'globals'; core: string; common: CommonOptions; filter: string; tls: boolean; sort: GlobalQuery['sort']; limit: number | null }
  | { kind: 'refs'; core: string; common: CommonOptions; address: number; direction: 'in' | 'out'; depth: number; limit: number | null; form: OutputFormat | 'mermaid' | 'dot' }
  | { kind: 'why'; core: string; common: CommonOptions; address: number; limit: number | null }
  | { kind: 'leaks'; core: string; common: CommonOptions; heads: boolean; limit: number | null }
  | { kind: 'retained'; core: string; common: CommonOptions; address: number | null; limit: number | null }
  | { kind: 'layout'; core: string; common: CommonOptions; address: number }
  | { kind: 'candidates'; core: string; common: CommonOptions; address: number; layout: boolean; limit: number | null }
  /** Without a type it lists the labels there are. */
  | { kind: 'label'; core: string; common: CommonOptions; address: number; type: string | null; layout: boolean; remove: boolean }
  | { kind: 'report'; core: string; common: CommonOptions; output: string | null }
  | { kind: 'symbols'; common: CommonOptions; action: 'add' | 'list' | 'check'; paths: string[] }
  | { kind: 'symbols'; common: CommonOptions; action: 'remove'; buildIds: string[] }
  | { kind: 'serve'; cores: string[]; common: CommonOptions; port: number }

type CommandName = Exclude<Command['kind'], 'help' | 'version'>

const LATER = ['find', 'diff', 'export']
const TRY_HELP = 'corelens --help lists what there is'

const COMMON = {
  exe: { type: 'string' },
  debug: { type: 'string', multiple: true },
  sysroot: { type: 'string' },
  cache: { type: 'string' },
  'no-cache': { type: 'boolean' },
  tagged: { type: 'boolean' },
  json: { type: 'boolean' },
  jsonl: { type: 'boolean' },
  quiet: { type: 'boolean' },
  'debug-errors': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} satisfies ParseArgsConfig['options']

const OWN: Record<CommandName, NonNullable<ParseArgsConfig['options']>> = {
  summary: {},
  top: { untyped: { type: 'boolean' }, by: { type: 'string' }, sort: { type: 'string' }, filter: { type: 'string' }, limit: { type: 'string' } },
  blocks: { untyped: { type: 'boolean' }, state: { type: 'string' }, type: { type: 'string' }, size: { type: 'string' }, limit: { type: 'string' } },
  block: { as: { type: 'string' }, limit: { type: 'string' } },
  types: { filter: { type: 'string' }, kind: { type: 'string' }, sort: { type: 'string' }, limit: { type: 'string' } },
  globals: { filter: { type: 'string' }, tls: { type: 'boolean' }, sort: { type: 'string' }, limit: { type: 'string' } },
  refs: { in: { type: 'boolean' }, out: { type: 'boolean' }, depth: { type: 'string' }, limit: { type: 'string' }, format: { type: 'string' } },
  why: { limit: { type: 'string' } },
  leaks: { heads: { type: 'boolean' }, limit: { type: 'string' } },
  retained: { limit: { type: 'string' } },
  layout: {},
  candidates: { layout: { type: 'boolean' }, limit: { type: 'string' } },
  label: { layout: { type: 'boolean' }, remove: { type: 'boolean' } },
  report: { output: { type: 'string', short: 'o' } },
  symbols: {},
  serve: { port: { type: 'string' } },
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** `args`: without node and script. */
export function readCommandLine(args: readonly string[]): Command {
  const first = args[0]
  if (first === undefined) throw new UsageError('no command', 'corelens', TRY_HELP)
  if (first === '--version') return { kind: 'version' }
  if (first === '--help' || first === '-h' || first === 'help' || args.includes('--help')) return { kind: 'help' }
  if (LATER.includes(first)) throw new UsageError('this command is not there yet', first, 'use summary, top, blocks, block, candidates, label, refs, why, leaks, retained, layout, types, globals, report, symbols or serve')
  if (!isCommandName(first)) throw new UsageError('no such command', first, TRY_HELP)
  const { values, positionals } = parse(first, args.slice(1))
  const common = commonOptions(values)
  switch (first) {
    case 'summary':
      return { kind: first, core: oneCore(first, positionals), common }
    case 'top':
      return {
        kind: first,
        core: oneCore(first, positionals),
        common,
        by: oneOf('--by', string(values, 'by') ?? 'type', ['type', 'size', 'type-size', 'layout']),
        sort: oneOf('--sort', string(values, 'sort') ?? 'bytes', ['bytes', 'count']),
        filter: string(values, 'filter') ?? '',
        limit: number(values, 'limit', 1),
        untyped: values['untyped'] === true,
      }
    case 'blocks':
      return {
        kind: first,
        core: oneCore(first, positionals),
        common,
        state: oneOf('--state', string(values, 'state') ?? 'all', ['used', 'free', 'all']),
        type: string(values, 'type'),
        size: number(values, 'size', 0) ?? undefined,
        limit: number(values, 'limit', 1),
        untyped: values['untyped'] === true,
      }
    case 'block':
      return { kind: first, ...coreAndAddress(first, positionals), common, as: string(values, 'as'), limit: number(values, 'limit', 1) }
    case 'types':
      return types(positionals, common, values)
    case 'globals':
      return {
        kind: first,
        core: oneCore(first, positionals),
        common,
        filter: string(values, 'filter') ?? '',
        tls: values['tls'] === true,
        sort: oneOf('--sort', string(values, 'sort') ?? 'addr', ['addr', 'name', 'type', 'size', 'module']),
        limit: number(values, 'limit', 1),
      }
    case 'refs':
      return refs(positionals, common, values)
    case 'why':
      return { kind: first, ...coreAndAddress(first, positionals), common, limit: number(values, 'limit', 1) }
    case 'leaks':
      return { kind: first, core: oneCore(first, positionals), common, heads: values['heads'] === true, limit: number(values, 'limit', 1) }
    case 'retained':
      return positionals.length < 2
        ? { kind: first, core: oneCore(first, positionals), common, address: null, limit: number(values, 'limit', 1) }
        : { kind: first, ...coreAndAddress(first, positionals), common, limit: number(values, 'limit', 1) }
    case 'layout':
      return { kind: first, ...coreAndAddress(first, positionals), common }
    case 'candidates':
      return { kind: first, ...coreAndAddress(first, positionals), common, layout: values['layout'] === true, limit: number(values, 'limit', 1) }
    case 'label':
      return label(positionals, common, values)
    case 'report':
      return { kind: first, core: oneCore(first, positionals), common, output: string(values, 'output') ?? null }
    case 'symbols':
      return symbols(positionals, common)
    case 'serve':
      return { kind: first, cores: positionals, common, port: port(values) }
  }
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(OWN, name)
}

function parse(command: CommandName, args: string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args, options: { ...COMMON, ...OWN[command] }, allowPositionals: true, strict: true })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(message.split(/\.? To specify|\n/)[0] ?? message, command, TRY_HELP)
  }
}

function commonOptions(values: Values): CommonOptions {
  if (values['json'] === true && values['jsonl'] === true) throw new UsageError('two output formats', '--json --jsonl', 'give one of them')
  const open: OpenOptions = { debug: (values['debug'] as string[] | undefined) ?? [] }
  const exe = string(values, 'exe')
  const sysroot = string(values, 'sysroot')
  if (exe !== undefined) open.exe = exe
  if (sysroot !== undefined) open.sysroot = sysroot
  if (values['tagged'] === true) open.tagged = true
  return {
    open,
    cache: string(values, 'cache'),
    noCache: values['no-cache'] === true,
    format: values['json'] === true ? 'json' : values['jsonl'] === true ? 'jsonl' : 'text',
    quiet: values['quiet'] === true,
  }
}

function oneCore(command: CommandName, positionals: string[]): string {
  const [core, ...more] = positionals
  if (core === undefined || core === '') throw new UsageError('no core file', command, `corelens ${command} CORE`)
  if (more.length > 0) throw new UsageError('more than one file', more.join(' '), `${command} takes one core${'filter' in OWN[command] ? '; --filter picks rows' : ''}`)
  return core
}

function coreAndAddress(command: CommandName, [core = '', address = '', ...more]: string[]): { core: string; address: number } {
  if (core === '' || address === '') throw new UsageError(core === '' ? 'no core file' : 'no address', command, `corelens ${command} CORE ADDRESS`)
  if (more.length > 0) throw new UsageError('more than one address', more.join(' '), `${command} takes one`)
  return { core, address: addressOf(address) }
}

function refs(positionals: string[], common: CommonOptions, values: Values): Command {
  if (values['in'] === true && values['out'] === true) throw new UsageError('two directions', '--in --out', 'give one of them')
  const given = string(values, 'format')
  if (given !== undefined && common.format !== 'text') throw new UsageError('two output formats', `--${common.format} --format ${given}`, 'give one of them')
  const form = given === undefined ? common.format : oneOf('--format', given, ['text', 'json', 'mermaid', 'dot'])
  const depth = number(values, 'depth', 1) ?? 1
  if (depth > 10) throw new UsageError('too deep', `--depth ${depth}`, 'give 1 to 10')
  return { kind: 'refs', ...coreAndAddress('refs', positionals), common, direction: values['out'] === true ? 'out' : 'in', depth, limit: number(values, 'limit', 1), form }
}

/** Words behind the address are one name: `label CORE ADDRESS unsigned long []`. */
function label([core = '', ...rest]: string[], common: CommonOptions, values: Values): Command {
  if (core === '') throw new UsageError('no core file', 'label', 'corelens label CORE ADDRESS TYPE')
  const [address, ...words] = rest
  const type = words.length === 0 ? null : words.join(' ')
  const remove = values['remove'] === true
  if (remove && (address === undefined || type !== null)) throw new UsageError('remove takes an address and no type', '--remove', 'corelens label CORE ADDRESS --remove')
  if (address !== undefined && type === null && !remove) throw new UsageError('no type', 'label', 'corelens label CORE ADDRESS TYPE')
  return { kind: 'label', core, common, address: address === undefined ? 0 : addressOf(address), type, layout: values['layout'] === true, remove }
}

/** Words behind the core are one name: `types CORE unsigned long`. */
function types([core = '', ...words]: string[], common: CommonOptions, values: Values): Command {
  if (core === '') throw new UsageError('no core file', 'types', 'corelens types CORE')
  const kind = string(values, 'kind')
  const sort = string(values, 'sort')
  const name = words.length === 0 ? null : words.join(' ')
  const filter = string(values, 'filter') ?? ''
  if (name !== null && (filter !== '' || kind !== undefined)) throw new UsageError('a name and a search', name, 'give a name, or --filter and --kind')
  return {
    kind: 'types',
    core,
    common,
    name,
    filter,
    typeKind: kind === undefined ? undefined : oneOf('--kind', kind, TYPE_KINDS),
    sort: sort === undefined ? null : oneOf<TypeQuery['sort']>('--sort', sort, ['name', 'size', 'members', 'blocks', 'bytes']),
    limit: number(values, 'limit', 1),
  }
}

/** Hexadecimal, with or without 0x. */
function addressOf(text: string): number {
  const exact = /^(0x)?[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text.replace(/^0x/i, '')}`) : null
  if (exact === null || BigInt(Number(exact)) !== exact) throw new UsageError('not an address', text, 'give it in hexadecimal, with or without 0x')
  return Number(exact)
}

function symbols([action, ...rest]: string[], common: CommonOptions): Command {
  const where = `symbols ${action ?? ''}`.trimEnd()
  if (common.noCache) throw new UsageError('the symbol database is in the cache', '--no-cache', 'use --cache DIR for another one')
  switch (action) {
    case 'add':
      if (rest.length === 0) throw new UsageError('no files', where, 'corelens symbols add PATH…')
      return { kind: 'symbols', common, action, paths: rest }
    case 'remove':
      if (rest.length === 0 || rest.includes('')) throw new UsageError('no build-id', where, 'corelens symbols remove BUILD-ID')
      return { kind: 'symbols', common, action, buildIds: rest }
    case 'list':
    case 'check':
      if (rest.length > 0) throw new UsageError('more than this command takes', rest.join(' '), `corelens ${where}`)
      return { kind: 'symbols', common, action, paths: [] }
    default:
      throw new UsageError('not something to do with symbols', where, 'use symbols add PATH…, list, remove BUILD-ID or check')
  }
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw new UsageError('not a value of this option', `${option} ${value}`, `use ${allowed.join(', ')}`)
  return found
}

/** Decimal, or hexadecimal after 0x. */
function number(values: Values, option: string, least: number): number | null {
  const text = string(values, option)
  if (text === undefined) return null
  const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : NaN
  if (!Number.isSafeInteger(value) || value < least) throw new UsageError('not a number this option takes', `--${option} ${text}`, `give a whole number from ${least} on`)
  return value
}

function port(values: Values): number {
  const value = number(values, 'port', 0) ?? 0
  if (value > 65535) throw new UsageError('not a port', `--port ${value}`, 'give 1 to 65535, or 0 for a free one')
  return value
}

function string(values: Values, option: string): string | undefined {
  const value = values[option]
  return typeof value === 'string' ? value : undefined
}
