import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { Walk } from '../plan/proposed-folder.ts'
import { isFolder, listFiles } from './folder-inputs.ts'

/** A folder of inputs on this machine. Paths are from the folder on, with `/`. */
export interface LocalFolder {
  /** Everything under the input prefixes; empty where the folder does not exist yet. */
  list(): Promise<Walk>
  /** Makes the folders that it needs. */
  write(path: string, body: Uint8Array): Promise<void>
  /** And the folders that are empty then. */
  remove(path: string): Promise<void>
}

export class DiskFolder implements LocalFolder {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async list() {
    return (await isFolder(this.#root)) ? listFiles(this.#root) : { files: [], faults: [] }
  }

  async write(path: string, body: Uint8Array): Promise<void> {
    const place = this.#placeOf(path)
    await mkdir(dirname(place), { recursive: true })
    // Never half a file, whatever happens.
    const part = join(dirname(place), `.ssofile-${process.pid}-${this.#parts++}.part`)
    await writeFile(part, body)
    await rename(part, place)
  }

  async remove(path: string): Promise<void> {
    await rm(this.#placeOf(path))
    for (let above = dirname(path); above.includes('/'); above = dirname(above)) {
      try {
        await rmdir(this.#placeOf(above))
      } catch {
        return // not empty
      }
    }
  }

  #parts = 0

  #placeOf(path: string): string {
    return join(this.#root, path.replaceAll('/', sep))
  }
}
