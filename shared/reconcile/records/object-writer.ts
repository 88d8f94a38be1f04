import type { ObjectStore, PartedUpload } from '../../ports/object-store.ts'

/** S3 takes 10,000 parts, of 5 MiB at least: 80 GB in all. (S3 User Guide, "Amazon S3 multipart upload limits".) */
const partBytes = 8 * 1024 * 1024

/** Writes one object piece by piece, with at most one part in memory. The object appears, whole, at the end. */
export class ObjectWriter {
  readonly #objects: ObjectStore
  readonly #key: string
  readonly #etags: string[] = []
  #upload: PartedUpload | undefined
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(objects: ObjectStore, key: string) {
    this.#objects = objects
    this.#key = key
  }

  async write(content: string | Uint8Array): Promise<void> {
    const piece = typeof content === 'string' ? Buffer.from(content) : content
    this.#pieces.push(piece)
    this.#bytes += piece.byteLength
    if (this.#bytes >= partBytes) await this.#send()
  }

  /** Writes the rest. If all content fits into one part, it is written with a single put. */
  async end(): Promise<void> {
    if (this.#upload === undefined) {
      await this.#objects.put(this.#key, Buffer.concat(this.#pieces))
      return
    }
    if (this.#bytes > 0) await this.#send()
    await this.#objects.completeUpload(this.#upload, this.#etags)
  }

  async #send(): Promise<void> {
    const part = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#bytes = 0
    this.#upload ??= await this.#objects.beginUpload(this.#key)
    this.#etags.push(await this.#objects.uploadPart(this.#upload, this.#etags.length + 1, part))
  }
}
