import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { SuspensionsPromise } from '../../oracle/suspensions.ts'
import { Judge, type Seen } from '../../oracle/watched.ts'
import { linkOfItem, listItems } from './review-files.ts'

/** Promise 3, for reviews: no link goes that nobody revoked. A suspended person decides nothing. */
export class ReviewsPromise extends Judge {
  protected readonly promise = 'foreign'
  /** The digests of items that somebody revoked, also if that decision is gone. */
  readonly #revoked = new Set<string>()
  readonly #suspensions = this.judge(SuspensionsPromise)
  /** Items that somebody revoked while suspended, and when. */
  readonly #barred = new Map<string, { readonly name: string; readonly atMs: number }>()
  readonly #deleted = new Set<string>()

  /** A review deleted this link, which nobody uploaded again, so the brake counts it for the review. */
  hasDeleted(link: string): boolean {
    return this.#deleted.has(link)
  }

  override noteChange({ key, isRemoved, caller, isByOperator }: Seen): void {
    const [, id = '', digest] = /^decisions\/([^/]*)\/.*\/([0-9a-f]{32})%revoke$/.exec(key) ?? []
    if (digest !== undefined && !isRemoved) this.#noteRevoked(id, digest)
    if (key.startsWith('links_data/') && !isRemoved) this.#deleted.delete(key)
    const isOfLink = key.startsWith('links_data/') && !key.startsWith('links_data/temporary/')
    if (!isOfLink || !isRemoved || caller.accessKeyId !== 'ssofile' || isByOperator) return
    this.#deleted.add(key)
    const items = listItems(this.world).filter((item) => linkOfItem(this.world, item) === key)
    if (!items.some((item) => this.#isRevoked(item.slice(-'.json'.length - 32, -'.json'.length))))
      this.fail(`ssofile deletes ${key}, which nobody revoked in a review`)
  }

  #noteRevoked(id: string, digest: string): void {
    const name = this.world.identityStore.nameOf('USER', principalId.parse(id)) ?? ''
    if (this.#suspensions.isBarred(name, this.nowMs)) this.#barred.set(digest, { name, atMs: this.nowMs })
    else this.#revoked.add(digest)
  }

  /** The decision of a suspended person counts once the person is back. */
  #isRevoked(digest: string): boolean {
    const barred = this.#barred.get(digest)
    return this.#revoked.has(digest) || (barred !== undefined && !this.#suspensions.isBarred(barred.name, barred.atMs))
  }
}
