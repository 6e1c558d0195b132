/** The kernel graph.as.ts as TypeScript sees it. Addresses are those of areas.ts; what each function does stands there. */

export type TurnRoundArgs = [first: number, target: number, sourceCount: number, from: number, to: number, firstSource: number, source: number]

export interface GraphKernel {
  turnRound(...args: TurnRoundArgs): void
  beginReach(): void
  seed(root: number, kind: number, first: number, target: number, via: number, reach: number, queue: number): void
  spread(done: number, budget: number, first: number, target: number, via: number, reach: number, queue: number): number
  reached: { value: number }
  findLeaks(first: number, target: number, via: number, state: number, blockCount: number, head: number, stack: number, cursor: number): number
  beginNumbers(): void
  numberFrom(block: number, first: number, target: number, number: number, vertex: number, parent: number, cursor: number): void
  numberFromSource(source: number, first: number, target: number, number: number, vertex: number, parent: number, cursor: number): void
  numbered: { value: number }
  semiDominators(from: number, to: number, leakedFrom: number, blockCount: number, firstSource: number, source: number, number: number, vertex: number, parent: number, ancestor: number, label: number, semi: number, stack: number): void
  settleDominators(count: number, parent: number, semi: number): void
  addRetained(count: number, parent: number, vertex: number, words: number, state: number, large: number, largeCount: number, retained: number): void
  byBlock(count: number, parent: number, vertex: number, dominator: number): void
  listChildren(blockCount: number, dominator: number, childFirst: number, child: number): void
}

export function graphKernel(module: WebAssembly.Module, memory: WebAssembly.Memory): GraphKernel {
  return new WebAssembly.Instance(module, { env: { memory, abort: () => {} } }).exports as unknown as GraphKernel
}
