/** The desktop application: joins this process to the Electron host. */
import { startDesktop } from './desktop.ts'

startDesktop({ argv: process.argv, workingDirectory: process.cwd(), env: process.env, platform: process.platform })
