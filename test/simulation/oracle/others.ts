import { nameIn } from './names.ts'
import { Judge, type Seen } from './watched.ts'

/**
 * Promise 9: nobody harms another with what he uploads. Records name who did what they say, and nobody else; no name reaches into
 * the listing of another. (Whose turn it is in the queues: flood.test.ts, end to end.)
 */
export class OthersPromise extends Judge {
  protected readonly promise = 'others'
  /** Who uploaded each content of a link, and who deleted each link. */
  readonly #uploaders = new Map<string, Set<string>>()
  readonly #deleters = new Map<string, Set<string>>()

  override noteChange(change: Seen): void {
    if (change.key.startsWith('links_data/')) this.#noteLink(change)
    if (!change.isRemoved) this.#noteWritten(change.key)
  }

  #noteLink(change: Seen): void {
    const { key, caller } = change
    const name = `AWS:${caller.accessKeyId}`
    if ('etag' in change) addTo(this.#uploaders, `${key} ${change.etag}`, name)
    else addTo(this.#deleters, key, name)
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
    const [uploader, deleter] = [nameIn(said.by), nameIn(said.deletedBy)]
    if (deleter !== undefined && !this.#deleters.get(link)?.has(deleter))
      this.fail(`${record} says that ${deleter} deleted ${link}, which he never did`)
    if (uploader === undefined) return
    if (!this.#uploaders.get(`${link} ${said.etag}`)?.has(uploader))
      this.fail(`${record} says that ${uploader} uploaded this content of ${link}, which somebody else did`)
  }

  /** An operator releases the list that he was shown, and is told that it is another one. */
  noteRefusedRelease(digest: string): void {
    this.fail(`the list ${digest} is shown, and cannot be released`)
  }
}

function addTo(names: Map<string, Set<string>>, key: string, name: string): void {
  names.set(key, (names.get(key) ?? new Set()).add(name))
}
