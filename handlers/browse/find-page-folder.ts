import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Two folders above this file, and above its bundle. */
const root = new URL('../../', import.meta.url)

/** The folder with the bundled page. A checkout bundles it when somebody opens it first; a package has it. */
export async function findPageFolder(): Promise<string> {
  const script = fileURLToPath(new URL('infra/bundle-page.ts', root))
  if (!existsSync(script)) return fileURLToPath(new URL('dist/page', root))
  return (await promisify(execFile)(process.execPath, [script])).stdout
}
