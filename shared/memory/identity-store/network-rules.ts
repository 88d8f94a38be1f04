import type { DirectoryNetwork } from '../../ports/directory-network.ts'
import { Refusal } from '../refusal.ts'

/**
 * Refuses callers from other addresses. Nobody here calls through a VPC endpoint. AWS does not document whether a locked-out caller may
 * still change the rules: here UpdateIdentityStore is answered. (Identity Store API Reference, "NetworkConfiguration".)
 */
export class NetworkRules {
  readonly #stored: Map<string, DirectoryNetwork>
  readonly #isFrom: (ranges: readonly string[]) => boolean

  /** `isFrom`: whether the caller's address is in one of these ranges. */
  constructor(stored: Map<string, DirectoryNetwork>, isFrom: (ranges: readonly string[]) => boolean = () => false) {
    this.#stored = stored
    this.#isFrom = isFrom
  }

  get now(): DirectoryNetwork | undefined {
    return this.#stored.get('network')
  }

  /** Replaces all rules. `undefined`: no rule. */
  set(network: DirectoryNetwork | undefined): void {
    if (network === undefined) this.#stored.delete('network')
    else this.#stored.set('network', network)
  }

  check(operation: string): void {
    const rules = this.now
    if (rules === undefined || operation === 'UpdateIdentityStore') return
    const isRestricted = rules.isEndpointRequired || rules.vpcs.length > 0
    if (isRestricted && !this.#isFrom(rules.addresses))
      throw new Refusal('identitystore', 'AccessDeniedException', `You are not authorized to perform ${operation}.`)
  }
}
