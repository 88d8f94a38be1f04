import { Judge, type Seen } from '../../oracle/watched.ts'
import { linkOfItem, listItems } from './review-files.ts'

/** Promise 3, for reviews: no link goes that nobody revoked. */
export class ReviewsPromise extends Judge {
  protected readonly promise = 'foreign'
  /** The digests of items that somebody revoked, also if that decision is gone. */
  readonly #revoked = new Set<string>()
  readonly #deleted = new Set<string>()

  /** A review deleted this link, so the brake counts it for the review. */
  hasDeleted(link: string): boolean {
    return this.#deleted.has(link)
  }

  override noteChange({ key, isRemoved, caller, isByOperator }: Seen): void {
    const [, digest] = /^decisions\/.*\/([0-9a-f]{32})%revoke$/.exec(key) ?? []
    if (digest !== undefined && !isRemoved) this.#revoked.add(digest)
    const isOfLink = key.startsWith('links_data/') && !key.startsWith('links_data/temporary/')
    if (!isOfLink || !isRemoved || caller.accessKeyId !== 'ssofile' || isByOperator) return
    this.#deleted.add(key)
    const items = listItems(this.world).filter((item) => linkOfItem(this.world, item) === key)
    if (!items.some((item) => this.#revoked.has(item.slice(-'.json'.length - 32, -'.json'.length))))
      this.fail(`ssofile deletes ${key}, which nobody revoked in a review`)
  }
}
