/** The two parts of a path as they are shown: the name first, its folder quieter. */

/** `[vdso]` and the like are names, not paths. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Without the slash at its end; empty for a bare name, `/` for the root. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf('/')
  return end === 0 ? '/' : path.slice(0, Math.max(0, end))
}
