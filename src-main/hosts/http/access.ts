/**
 * Who may speak to the loopback host: requests to its own name (a page elsewhere may have its name resolve to 127.0.0.1),
 * from its own pages, with its token.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export const newToken = (): string => randomBytes(32).toString('base64url')

/** Null where the request may go on, else why not. */
export function refuseOrigin(headers: IncomingHttpHeaders, port: number): string | null {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (headers.host === undefined || !hosts.includes(headers.host)) return 'asked under another name'
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) return 'asked by another page'
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'asked by another page'
  return null
}

export function hasToken(headers: IncomingHttpHeaders, token: string): boolean {
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
