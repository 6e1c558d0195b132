/**
 * Executables, libraries and debug files of this machine. Answers null for whatever is no regular, readable file: a
 * missing module never stops an analysis.
 */
import { UnreadableCore } from '../engine/errors.ts'
import type { ModuleFiles } from '../engine/ports.ts'
import { openFileByteSource } from './fileByteSource.ts'

export const moduleFiles: ModuleFiles = {
  open(path) {
    try {
      return openFileByteSource(path)
    } catch (error) {
      if (error instanceof UnreadableCore) return null
      throw error
    }
  },
}
