/**
 * Who may import whom, as an ESLint rule. Layers, outermost first:
 *
 *   hosts → service → workers → storage → engine → contract        src-renderer, src-preload → contract
 *
 * A file's layer is the longest prefix of its path in LAYERS; files outside of all layers (test, build) are free.
 */
import { dirname, posix, relative, resolve, sep } from 'node:path'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Rule } from 'eslint'

interface Layer {
  /** Path prefixes of this repository. */
  inside: string[]
  /** Names of packages, and of node: modules without I/O; a trailing `*` matches any rest. */
  packages: string[]
  /** May import node: modules. */
  node: boolean
}

const ENGINE = ['src-main/engine/', 'src-main/contract/']
const STORAGE = [...ENGINE, 'src-main/storage/']
const WORKERS = [...STORAGE, 'src-main/workers/']
const SERVICE = [...WORKERS, 'src-main/service/']
const HOSTS = [...SERVICE, 'src-main/hosts/', 'package.json']

export const LAYERS: Record<string, Layer> = {
  'src-main/contract/': { inside: ['src-main/contract/'], packages: [], node: false },
  'src-main/engine/': { inside: ENGINE, packages: ['node:crypto', 'elfy', 'elfy/*', 'gecko-profiler-demangle', 'gecko-profiler-demangle/*', 'mdast', 'mdast-*'], node: false },
  'src-main/storage/': { inside: STORAGE, packages: ['lmdb', 'xz-decompress'], node: true },
  'src-main/workers/': { inside: WORKERS, packages: [], node: true },
  'src-main/service/': { inside: SERVICE, packages: [], node: true },
  'src-main/hosts/': { inside: HOSTS, packages: [], node: true },
  'src-main/hosts/electron/': { inside: HOSTS, packages: ['electron'], node: true },
  'src-preload/': { inside: ['src-preload/', 'src-main/contract/'], packages: ['electron'], node: false },
  'src-renderer/': { inside: ['src-renderer/', 'src-main/contract/'], packages: ['svelte', 'svelte/*', 'cytoscape', 'd3-hierarchy'], node: false },
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** Null where `file` may import `specifier`, else why not. Both in this repository's `/`-separated paths. */
export function whyForbidden(file: string, specifier: string): string | null {
  const name = Object.keys(LAYERS).filter((prefix) => file.startsWith(prefix)).sort((a, b) => b.length - a.length)[0]
  if (name === undefined) return null
  const layer = LAYERS[name]
  if (layer === undefined) return null
  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(file), specifier))
    return layer.inside.some((prefix) => target.startsWith(prefix)) ? null : `${name} does not import ${target}`
  }
  const allowed = layer.packages.some((pattern) => (pattern.endsWith('*') ? specifier.startsWith(pattern.slice(0, -1)) : specifier === pattern))
  if (isBuiltin(specifier)) return layer.node || allowed ? null : `${name} does not import ${specifier}`
  return allowed ? null : `${name} does not import the package ${specifier}`
}

const rule: Rule.RuleModule = {
  meta: { type: 'problem', docs: { description: 'imports follow the layers of ARCHITECTURE.md' }, schema: [] },
  create(context) {
    const file = relative(root, resolve(dirname(context.filename), context.filename)).split(sep).join('/')
    const check = (node: Rule.Node, source: unknown): void => {
      if (typeof source !== 'string') return
      const message = whyForbidden(file, source)
      if (message !== null) context.report({ node, message })
    }
    const literal = (node: Rule.Node): void => {
      const source = (node as { source?: { value?: unknown } | null }).source
      check(node, source?.value)
    }
    return {
      ImportDeclaration: literal,
      ImportExpression: literal,
      ExportNamedDeclaration: literal,
      ExportAllDeclaration: literal,
      TSImportType: literal,
    }
  },
}

export const layeringPlugin = { rules: { layering: rule } }
