/**
 * Looks at what comes out of a decompressor: refuses content that is no core as soon as its first bytes are there,
 * and says where the core ends, so that what follows its last segment (a bomb, say) is not kept.
 *
 * Source: the ELF-64 object file format; PN_XNUM cores (more than 65,534 segments) have no end known in advance.
 */
import { UnreadableCore } from '../../engine/errors.ts'
import { unreadCompression, compressionOf } from './formats.ts'

const ELF_HEADER = 64
const PROGRAM_HEADER = 56
const SECTION_HEADER = 64
const ET_CORE = 4
const PN_XNUM = 0xffff
/** gdb's cores have section names after the section headers. */
const SLACK = 16 << 20

/** Throws UnreadableCore unless `head` begins a 64-bit little-endian core. `head`: 64 bytes, fewer if that is all. */
export function refuseNonCore(head: Uint8Array, name: string, compression: string): void {
  const refuse = (what: string, remedy: string): never => {
    throw new UnreadableCore(`the ${compression} file holds ${what}`, name, remedy)
  }
  const remedy = 'open a core dump of a 64-bit Linux process'
  if (head.length === 0) refuse('nothing', remedy)
  if (head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46) {
    if (compressionOf(head) ?? unreadCompression(head)) refuse('another compressed file', 'decompress the outer one first')
    refuse('something that is not an ELF core dump', remedy)
  }
  if (head.length < ELF_HEADER) refuse('an ELF header that is cut short', 'take the core again')
  if (head[4] !== 2) refuse('a 32-bit ELF file', remedy)
  if (head[5] !== 1) refuse('a big-endian ELF file', remedy)
  if ((head[16] | (head[17] << 8)) !== ET_CORE) refuse('an ELF file that is no core dump (an executable or a library)', remedy)
}

export class CoreEnd {
  /** Once this many bytes are there, `locate` may be called; null where the end can't be known. */
  readonly knownAfter: number | null
  private readonly tableAt: number
  private readonly entries: number
  private readonly sectionsEnd: number

  constructor(head: Uint8Array) {
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    this.tableAt = Number(view.getBigUint64(32, true))
    this.entries = view.getUint16(56, true)
    const sectionsAt = Number(view.getBigUint64(40, true))
    this.sectionsEnd = sectionsAt + view.getUint16(60, true) * SECTION_HEADER
    const usable = this.entries > 0 && this.entries !== PN_XNUM && view.getUint16(54, true) === PROGRAM_HEADER
    this.knownAfter = usable ? this.tableAt + this.entries * PROGRAM_HEADER : null
  }

  /** Offset beyond which nothing belongs to the core. `readAt` answers how many bytes it read. */
  locate(readAt: (offset: number, target: Uint8Array) => number): number {
    const table = new Uint8Array(this.entries * PROGRAM_HEADER)
    if (readAt(this.tableAt, table) < table.length) return Infinity
    const view = new DataView(table.buffer)
    let end = Math.max(this.sectionsEnd, this.tableAt + table.length)
    for (let at = 0; at < table.length; at += PROGRAM_HEADER) {
      end = Math.max(end, Number(view.getBigUint64(at + 8, true)) + Number(view.getBigUint64(at + 32, true)))
    }
    return end + SLACK
  }
}
