/** The part of the WebAssembly JavaScript API that the engine uses; TypeScript has it only in its DOM library. */
declare namespace WebAssembly {
  type Exports = Record<string, unknown>
  type ModuleImports = Record<string, unknown>
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Instance {
    constructor(module: Module, imports: Record<string, ModuleImports>)
    readonly exports: Exports
  }
  class Memory {
    constructor(size: { initial: number; maximum: number; shared: boolean })
    readonly buffer: ArrayBuffer
    /** Pages of 64 KiB more; a view of the buffer from before stays as it was. */
    grow(pages: number): number
  }
}
