/**
 * One overwritten chunk header, many times over, in good cores: what else than the block hit and the one before it
 * is lost by it? Mostly a few neighbours, and what the free lists held behind it. Now and then an old header leads to
 * a real chunk, or a wrong size to an old header, which can't be told from a large block with an old heap in it; so
 * three trials of ten may cost more. The patches lie over the core in memory; no file of the machine is given. Programs
 * of one thread only, whose heap is the same in every run; thread arenas are damaged by the smashed-* specimens.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ByteSource } from '../../src-main/engine/ports.ts'
import { analyse } from './analyse.ts'
import { Unavailable } from './commands.ts'
import { compare, explain } from './compare.ts'
import { make } from './make.ts'
import { specimens } from './specimens.ts'
import { type Truth, hex, readTruth } from './truth.ts'

const TRIALS = 70
/** Blocks that a header's damage may cost beside those it hit. */
const MOST_LOST = 25
/** Freed blocks that may look used: a fastbin can't be followed over the damage, and nothing else says they are free. */
const MOST_REVIVED = 150
/** Of the trials of one kind, how many may cost more. */
const MOST_FAILURES = 3

const KINDS = ['random word', 'zero', 'another small size', 'previous-in-use cleared', 'random bytes', 'text over many chunks', 'a large size'] as const
type Kind = (typeof KINDS)[number]

describe.each(['bins', 'classes', 'static-stripped'])('%s', (name) => {
  test.for(KINDS)('%s', async (kind, { skip }) => {
    const specimen = specimens.find((s) => s.name === name)
    if (specimen === undefined) throw new Error(`no specimen ${name}`)
    const made = await make(specimen).catch((error: unknown) => (error instanceof Unavailable ? error.message : Promise.reject(error as Error)))
    if (typeof made === 'string') return skip(made)
    const core = readFileSync(made.core)
    const truth = readTruth(made.truth ?? '')
    const addresses = [...truth.live.keys()].sort((a, b) => a - b)
    const random = generator(KINDS.indexOf(kind) * 1000 + name.length)
    const failures: string[] = []
    for (let trial = 0; trial < TRIALS / KINDS.length; trial++) {
      const at = 1 + random(addresses.length - 2)
      const address = addresses[at]
      const patch = patchOf(kind, address, truth, random)
      const offset = offsetOf(core, patch.first)
      if (offset < 0 || isUndetectable(patch, truth)) continue
      const usable = truth.live.get(address)?.usable ?? 0
      const hit = { first: Math.min(patch.first, addresses[at - 1]), end: Math.max(patch.first + patch.bytes.length, address + usable) }
      const { blocks } = await analyse(made.core, { files: 'none', debug: [], core: patched(made.core, core, offset, patch.bytes) })
      const difference = compare({ ...truth, damage: [hit] }, blocks)
      const lost = difference.missing.length + difference.wrongSize.length + difference.unknown.length + difference.disorder.length
      if (lost > MOST_LOST || difference.freedButUsed.length > MOST_REVIVED) failures.push(`block ${hex(address)}, ${patch.bytes.length} bytes at ${hex(patch.first)} := ${patch.bytes.toString('hex', 0, 8)}…\n${explain(difference)}`)
    }
    if (failures.length > MOST_FAILURES) expect.fail(`${failures.length} of ${TRIALS / KINDS.length}: ${made.core}\n${failures.slice(0, 2).join('\n')}`)
  })
})

type Random = (below: number) => number

/** A linear congruential generator: the same patches in every run. */
function generator(seed: number): Random {
  let state = (seed * 2654435761 + 12345) >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function patchOf(kind: Kind, address: number, truth: Truth, random: Random): { first: number; bytes: Buffer } {
  const header = address - 8
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random(256)))
  switch (kind) {
    case 'random word':
      return { first: header, bytes: noise(8) }
    case 'zero':
      return { first: header, bytes: word(0) }
    case 'another small size':
      return { first: header, bytes: word(32 + 16 * random(60) + 1) }
    case 'previous-in-use cleared': {
      const size = (truth.live.get(address)?.usable ?? 0) + 8
      return { first: header, bytes: word(size - (size % 16)) }
    }
    case 'random bytes':
      return { first: address - 16, bytes: noise(64 + random(400)) }
    case 'text over many chunks':
      return { first: address - 40, bytes: Buffer.alloc(48 + random(2000), 'a') }
    case 'a large size':
      return { first: header, bytes: word(16 * (1000 + random(60000)) + 1) }
  }
}

/** A wrong size that leads exactly to another chunk looks like a large block with an old heap in it, which does occur. */
function isUndetectable(patch: { first: number; bytes: Buffer }, truth: Truth): boolean {
  if (patch.bytes.length !== 8) return false
  const size = Number(patch.bytes.readBigUInt64LE() & ~7n)
  const next = patch.first + 8 + size
  return truth.live.has(next) || truth.freed.has(next)
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

/** Where an address lies in an ELF64 core; -1 where it doesn't. */
function offsetOf(core: Buffer, address: number): number {
  const headers = Number(core.readBigUInt64LE(32))
  for (let i = 0; i < core.readUInt16LE(56); i++) {
    const at = headers + 56 * i
    const start = Number(core.readBigUInt64LE(at + 16))
    const inFile = Number(core.readBigUInt64LE(at + 32))
    if (core.readUInt32LE(at) === 1 && address >= start && address < start + inFile) return Number(core.readBigUInt64LE(at + 8)) + address - start
  }
  return -1
}

function patched(name: string, core: Buffer, offset: number, bytes: Buffer): ByteSource {
  const whole = Buffer.from(core)
  bytes.copy(whole, offset)
  return {
    name,
    size: whole.length,
    modified: 0,
    read: (at, target) => whole.copy(target, 0, at, Math.min(whole.length, at + target.length)),
    close: () => undefined,
  }
}
