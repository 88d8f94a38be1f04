import { readFileSync } from 'node:fs'
import * as z from 'zod'

const packageFile = z.object({ version: z.string() })

/** The version of ssofile, from package.json. */
export function readVersion(): string {
  return packageFile.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version
}
