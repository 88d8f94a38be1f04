import { type AtRest, Judge } from '../../oracle/watched.ts'
import type { KindFiles } from '../part.ts'
import { eligibilityFiles } from './eligibility-files.ts'
import { policyTestFiles } from './policy-test-files.ts'
import { selectorFiles } from './selector-files.ts'

const told: Readonly<Record<string, KindFiles>> = {
  'policies/tests/': policyTestFiles,
  'selectors/': selectorFiles,
  'eligibility/': eligibilityFiles,
}

/**
 * Promise 4, for kinds of governance that nothing is performed for: a valid file says `applied`, another one `rejected`, and the status
 * goes with its file.
 */
export class ToldFilesPromise extends Judge {
  protected readonly promise = 'status'

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    if (!isReadable) return
    for (const [prefix, { valid }] of Object.entries(told)) {
      for (const key of this.world.keys(prefix)) {
        const text = this.world.textOf(key) ?? ''
        const expected = Object.values(valid).includes(text) ? 'applied' : 'rejected'
        const { state, etag } = this.world.readJson(`status/${key}.json`) ?? {}
        // An eligibility waits for what it names, and says so within an hour.
        const mayWait = state === 'waiting' && prefix === 'eligibility/' && expected === 'applied'
        if (mayWait && (!isReconciled || !this.#isNamed(text))) continue
        if (state !== expected) this.fail(`${key} is '${String(state)}', expected '${expected}'`)
        if (etag !== undefined && etag !== this.world.objects.model.find(key)?.etag)
          this.fail(`the status of ${key} is about an earlier upload`)
      }
    }
  }

  /** Everything that the eligibility names exists. */
  #isNamed(text: string): boolean {
    const { identityStore, objects } = this.world
    const groups = ['askers', 'approvers', ...(text.includes('team-2') ? ['team-2'] : [])]
    const set = text.includes('Late-ps') ? 'Late-ps' : 'First-ps'
    const isOurs = [`permission_sets/${set}.json`, `owned_permission_sets/${set}`].some((key) =>
      objects.model.find(key),
    )
    const areThere = groups.every((name) => identityStore.idOf('GROUP', name) !== undefined)
    return areThere && isOurs
  }
}
