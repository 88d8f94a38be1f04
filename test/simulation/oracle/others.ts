import { nameIn } from './names.ts'
import { Judge, type Seen } from './watched.ts'

/**
 * Promise 9: no upload harms another uploader. Records name the real authors, and no name reaches into the listing of another. (For turns
 * in the queues: flood.test.ts, end to end.)
 */
export class OthersPromise extends Judge {
  protected readonly promise = 'others'
  /** The author of each upload of each link, and of each deletion: `AWS:someone deleted links_data/…`. */
  readonly #done = new Set<string>()

  override noteChange(change: Seen): void {
    const { key, caller, isRemoved } = change
    if (key.startsWith('links_data/'))
      this.#done.add(`AWS:${caller.accessKeyId} ${'etag' in change ? `uploaded ${change.etag} of` : 'deleted'} ${key}`)
    if (!isRemoved) this.#noteWritten(key)
  }

  #noteWritten(key: string): void {
    if (!/^(history|assignments|status\/links_data)\//.test(key)) return
    const record = this.world.readJson(key) ?? {}
    // `history/<assignment>/<instant>%<event>.json`: one name is one folder.
    if (key.startsWith('history/account%') && key.split('/').length !== 3)
      this.fail(`history is written as ${key}, in the listing of another name`)
    if (!key.startsWith('status/') && Array.isArray(record.links))
      for (const link of record.links) this.#checkNamed(key, String(link.key), link)
    if (key.startsWith('status/links_data/')) {
      const isThere = record.lastModified !== undefined
      this.#checkNamed(key, String(record.input), isThere ? record : { deletedBy: record.by })
    }
  }

  #checkNamed(record: string, link: string, said: Readonly<Record<string, unknown>>): void {
    const [uploader, named] = [nameIn(said.by), nameIn(said.deletedBy)]
    // S3 names ssofile, which carries out a decision of the reviewer.
    const deleter = named?.startsWith('review:') ? 'AWS:ssofile' : named
    if (deleter !== undefined && !this.#done.has(`${deleter} deleted ${link}`))
      this.fail(`${record} says that ${deleter} deleted ${link}, which he never did`)
    if (uploader !== undefined && !this.#done.has(`${uploader} uploaded ${said.etag} of ${link}`))
      this.fail(`${record} says that ${uploader} uploaded this content of ${link}, which somebody else did`)
  }

  /** An operator releases the list on the screen, and ssofile says that it is another list. */
  noteRefusedRelease(digest: string): void {
    this.fail(`the list ${digest} is shown, and cannot be released`)
  }
}
