/**
 * The built interface in out/renderer, as both hosts with a page serve it: by URL path, never outside of that folder, with
 * the headers that let the page load nothing but itself.
 */
import { readFile } from 'node:fs/promises'
import { extname, join, relative, isAbsolute, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

export interface RendererFile {
  bytes: Uint8Array<ArrayBuffer>
  type: string
}

/** From this source, from the bundle or from inside an asar archive. */
export function rendererFolder(from: string = import.meta.url): string {
  const end = Math.max(from.lastIndexOf('/src-main/'), from.lastIndexOf('/out/main/'))
  return fileURLToPath(`${from.slice(0, end)}/out/renderer/`)
}

/** `path`: of a URL, still percent-encoded. Null for whatever is no file of the interface. */
export async function rendererFile(folder: string, path: string): Promise<RendererFile | null> {
  const file = locate(folder, path)
  const type = file === null ? undefined : TYPES[extname(file)]
  if (file === null || type === undefined) return null
  try {
    return { bytes: new Uint8Array(await readFile(file)), type }
  } catch {
    return null
  }
}

function locate(folder: string, path: string): string | null {
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return null
  }
  if (!decoded.startsWith('/') || /[\0\\:]/.test(decoded)) return null
  const file = join(folder, decoded === '/' ? 'index.html' : decoded)
  const inside = relative(folder, file)
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? null : file
}
