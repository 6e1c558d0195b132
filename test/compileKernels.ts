/** vitest's globalSetup: the kernels are compiled once before any test. */
import { compileKernels } from '../build/compileKernels.ts'

export default async function setup(): Promise<void> {
  await compileKernels()
}
