/**
 * The truth about one process: what it had allocated and freed when its core was taken, by the table that truth.c
 * kept outside it. Kept as text, a line a block, so that a person can grep it:
 *
 *     live 0x55ccba2eac10 24 17 shapes::Circle     (address, usable, requested, class or nothing)
 *     freed 0x55ccba2eac40                         (freed and not handed out since)
 *     either 0x55ccba2eac80                        (a free was under way)
 *     damage 0x55ccba2eb000 0x55ccba2eb040         (smashed on purpose, end excluded)
 */
import { readFileSync, writeFileSync } from 'node:fs'

export interface LiveBlock {
  usable: number
  requested: number
  /** Its class, as the program named it; '' for most. */
  name: string
}

export interface Truth {
  live: Map<number, LiveBlock>
  freed: Set<number>
  /** May be reported used or free. */
  either: Set<number>
  /** Half-open ranges; blocks that touch one may be reported in any way. */
  damage: { first: number; end: number }[]
}

const HEADER_BYTES = 4096 + 96 * 128
const NAME_BYTES = 128
const NAMES_AT = 4096
const SLOT_BYTES = 32

/** Reads truth.h's table. Throws where it is not one or where it overflowed. */
export function readTable(path: string): Truth {
  const bytes = readFileSync(path)
  if (bytes.toString('latin1', 0, 8) !== 'CLTRUTH1') throw new Error(`${path} is no truth table`)
  const lost = bytes.readBigUInt64LE(16)
  if (lost !== 0n) throw new Error(`${path}: ${lost} blocks found no slot: the table is too small for this program`)
  const truth: Truth = { live: new Map(), freed: new Set(), either: new Set(), damage: [] }
  const damages = Number(bytes.readBigUInt64LE(24))
  for (let i = 0; i < damages; i++) truth.damage.push({ first: inverted(bytes, 32 + i * 16), end: inverted(bytes, 40 + i * 16) })
  for (let at = HEADER_BYTES; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
    const state = bytes.readUInt32LE(at + 24)
    if (state === 0) continue
    const address = inverted(bytes, at)
    if (state === 1) {
      const usable = Number(bytes.readBigUInt64LE(at + 8))
      const requested = Number(bytes.readBigUInt64LE(at + 16))
      truth.live.set(address, { usable, requested, name: nameOf(bytes, bytes.readUInt32LE(at + 28)) })
    } else if (state === 2) truth.either.add(address)
    else truth.freed.add(address)
  }
  return truth
}

function inverted(bytes: Buffer, at: number): number {
  return Number(BigInt.asUintN(64, ~bytes.readBigUInt64LE(at)))
}

function nameOf(bytes: Buffer, index: number): string {
  if (index === 0) return ''
  const from = NAMES_AT + (index - 1) * NAME_BYTES
  return bytes.toString('latin1', from, bytes.indexOf(0, from))
}

export function writeTruth(path: string, truth: Truth): void {
  const lines: string[] = []
  for (const [address, block] of truth.live) lines.push(`live ${hex(address)} ${block.usable} ${block.requested} ${block.name}`.trimEnd())
  for (const address of truth.freed) lines.push(`freed ${hex(address)}`)
  for (const address of truth.either) lines.push(`either ${hex(address)}`)
  for (const { first, end } of truth.damage) lines.push(`damage ${hex(first)} ${hex(end)}`)
  writeFileSync(path, lines.join('\n') + '\n')
}

export function readTruth(path: string): Truth {
  const truth: Truth = { live: new Map(), freed: new Set(), either: new Set(), damage: [] }
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [kind, first = '', second = '', third = '', ...name] = line.split(' ')
    if (kind === 'live') truth.live.set(Number(first), { usable: Number(second), requested: Number(third), name: name.join(' ') })
    else if (kind === 'freed') truth.freed.add(Number(first))
    else if (kind === 'either') truth.either.add(Number(first))
    else if (kind === 'damage') truth.damage.push({ first: Number(first), end: Number(second) })
  }
  return truth
}

export function hex(address: number): string {
  return `0x${address.toString(16)}`
}
