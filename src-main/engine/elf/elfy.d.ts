/** The part of elfy 1.0.0 that corelens uses: its per-entry methods (`lib/elfy/parser.js`). */
declare module 'elfy' {
  export interface ElfyHeader {
    class: string
    endian: string
    type: string | undefined
    machine: string | undefined
    entry: number
    phoff: number
    shoff: number
    flags: number
    ehsize: number
    phentsize: number
    phnum: number
    shentsize: number
    shnum: number
    shstrndx: number
  }
  export interface ElfyProgram {
    type: string | undefined
    offset: number
    vaddr: number
    filesz: number
    memsz: number
    align: number
  }
  export interface ElfySection {
    name: number
    addr: number
    off: number
    size: number
    link: number
    info: number
  }
  export interface ElfyParser {
    parseHeader(bytes: Buffer): ElfyHeader
    parseProgram(entry: Buffer, header: ElfyHeader, whole: Buffer): ElfyProgram
    parseSection(entry: Buffer, header: ElfyHeader, whole: Buffer): ElfySection
  }
  const elfy: { Parser: new () => ElfyParser }
  export default elfy
}
