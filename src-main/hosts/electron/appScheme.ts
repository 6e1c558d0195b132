/** `app://corelens/…`: the built interface, served with the headers of rendererFiles.ts and never from elsewhere. */
import { protocol, type Session } from 'electron'
import { rendererFile, SECURITY_HEADERS } from '../rendererFiles.ts'

const SCHEME = 'app'
const HOST = 'corelens'

export const APP_URL = `${SCHEME}://${HOST}/index.html`

/** Before `ready`. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } }])
}

export function serveAppScheme(session: Session, folder: string): void {
  session.protocol.handle(SCHEME, async (request) => {
    const file = isAppUrl(request.url) && request.method === 'GET' ? await rendererFile(folder, pathOf(request.url)) : null
    if (file === null) return new Response('there is no such file', { status: 404, headers: SECURITY_HEADERS })
    return new Response(file.bytes, { headers: { ...SECURITY_HEADERS, 'content-type': file.type } })
  })
}

export function isAppUrl(url: string): boolean {
  return url.startsWith(`${SCHEME}://${HOST}/`)
}

/** As it stands in the URL: parsing would resolve `..` before it is refused. */
function pathOf(url: string): string {
  return url.slice(`${SCHEME}://${HOST}`.length).split(/[?#]/, 1)[0] ?? '/'
}
