import { readFile } from 'node:fs/promises'
import { Refusal } from '../arguments/refusal.ts'

/** The text of a file of the caller, as UTF-8 or UTF-16. Throws Refusal. */
export async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new Refusal(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal(`${file}: received bytes that are not ${encodingOf(bytes)}, expected text; save it as UTF-8`)
  }
}

/**
 * The encoding of a file. Windows PowerShell writes UTF-16 with a byte order mark. Without a mark, every second byte of ASCII characters is
 * zero.
 */
function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || second === 0) return 'utf-16le'
  return (first === 0xfe && second === 0xff) || first === 0 ? 'utf-16be' : 'utf-8'
}
