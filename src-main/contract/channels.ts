/** Names of the two IPC channels between preload and Electron host. */

/** `(method, argument)`, answered by an Outcome. */
export const CALL_CHANNEL = 'corelens:call'
/** A CoreEvent. */
export const EVENT_CHANNEL = 'corelens:event'
/** The one method beyond CoreApi: its argument is the path of a dropped file, found by the preload. */
export const OFFER_DROPPED = 'offerDropped'
