/** The version of package.json, which the bundler writes into each host. */
import manifest from '../../package.json' with { type: 'json' }

export const version: string = manifest.version
