/** What is known of blocks' types, and what a person says of them, as plain rows. */
import type { BlockRef, Page, TypeRef } from './rows.ts'

/** How far the types of a core's blocks are. */
export interface TypesState {
  state: 'waiting' | 'building' | 'ready' | 'failed'
  /** While they are found: 0..1. */
  share: number
  /** Why it failed. */
  message: string
  /** Seconds by stage; empty where they came from the cache. */
  timings: { stage: string; seconds: number }[]
}

/** Why a block has its type. */
export interface TypeEvidence {
  /** In words; '' where it has no type. */
  how: string
  /** 0..1 */
  confidence: number
  /** From a root or an object with a vtable to the block itself, which is the last. */
  steps: EvidenceStep[]
}

export interface EvidenceStep {
  /** Of the block. */
  addr: number
  type: string | null
  /** Through which member the step before led here: `Player.items`; '' where a variable did, or a vtable. */
  member: string
  /** The variable that led here; '' where a block did. */
  root: string
}

/** A type that a block, or the blocks of a layout class, may have. */
export interface CandidateRow {
  /** As BlockRow's: `T[]` for an array. */
  type: string
  typeId: TypeRef
  /** How many elements fill the block, and the bytes before the first. */
  count: number
  header: number
  /** Bytes of one element. */
  size: number
  /** How well it fits, 0..1; the sum over all candidates is at most 1. */
  score: number
  /** Blocks that were looked at, and how many of them fit. */
  sampled: number
  fits: number
  /** Words over all sampled blocks that speak for it and against it. */
  good: number
  bad: number
  /** What fits badly, the commonest first. */
  misfits: { offset: number; member: string; what: string; count: number }[]
  /** The blocks have this type now. */
  current: boolean
  /** One pointer, or more, that leads here is of this type. */
  referred: boolean
}

export interface CandidatePage extends Page<CandidateRow> {
  block: BlockRef
  /** How many blocks the layout class has; 1 where only the block was asked about. */
  blocks: number
}

/** What a person said that a block, or all blocks of a layout class, are. */
export interface LabelRow {
  id: string
  /** The block, or one of the class's. */
  addr: number
  scope: 'block' | 'layout'
  /** Of the class: `48/VP-P`; '' for a block. */
  layout: string
  type: string
  /** Blocks it says it of. */
  blocks: number
  /** Milliseconds since 1970. */
  made: number
}
