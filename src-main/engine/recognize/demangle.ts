/** Names of C++ and Rust symbols, by gecko-profiler-demangle (WebAssembly, cpp_demangle and rustc-demangle). */
import * as glue from 'gecko-profiler-demangle/index_bg.js'

/** The package's glue keeps one instance for all of a thread. */
let started = false

export class Demangler {
  private readonly cache = new Map<string, string>()

  /** @param module the package's index_bg.wasm, compiled */
  constructor(module: WebAssembly.Module) {
    if (started) return
    started = true
    const instance = new WebAssembly.Instance(module, { './index_bg.js': glue as unknown as WebAssembly.ModuleImports })
    glue.__wbg_set_wasm(instance.exports)
    const start = instance.exports['__wbindgen_start'] as (() => void) | undefined
    start?.()
  }

  /** The demangled name, or null where it is not a mangled one. */
  demangle(mangled: string): string | null {
    const known = this.cache.get(mangled)
    if (known !== undefined) return known === '' ? null : known
    let name = mangled
    try {
      name = glue.demangle_any(mangled)
    } catch {
      // it answers bytes that are no UTF-8 for some names that are none either
    }
    // the package takes the underscore off all other names, as Mach-O has one in front of each
    const result = name === mangled || name === mangled.slice(1) ? '' : name
    this.cache.set(mangled, result)
    return result === '' ? null : result
  }

  /** The class of a `_ZTS`/`_ZTI` type name such as `N4game6PlayerE`; null where it is none. */
  className(typeName: string): string | null {
    return this.demangle(`_ZTI${typeName}`)?.replace(/^typeinfo for /, '') ?? null
  }
}
