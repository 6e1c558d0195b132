/** The one CoreClient of this window: Electron's preload where it is, else the HTTP host that served the page. */

import type { CoreClient } from '../src-main/contract/api.ts'
import { httpClient } from './httpClient.ts'

declare global {
  interface Window {
    corelens?: CoreClient
  }
}

const TOKEN_KEY = 'corelens.token'

export function createClient(onConnection: (connected: boolean) => void): CoreClient {
  if (window.corelens) return window.corelens
  return httpClient({ base: location.origin, token: takeToken(), fetch: window.fetch.bind(window), onConnection })
}

/** From the fragment, which never leaves the browser; then out of the address bar, kept for reloads of this tab. */
function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given === null) return sessionStorage.getItem(TOKEN_KEY) ?? ''
  // Another token is another host: what this tab remembered of the last one means nothing.
  if (given !== sessionStorage.getItem(TOKEN_KEY)) sessionStorage.clear()
  sessionStorage.setItem(TOKEN_KEY, given)
  history.replaceState(null, '', location.pathname + location.search)
  return given
}
