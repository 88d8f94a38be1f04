import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Randomness } from '../../ports/randomness.ts'
import type { HandshakeRecord, InvitedParty, Tags, UnstampedChange } from './organization-records.ts'
import type { OrganizationTree } from './organization-tree.ts'
import {
  duplicateHandshake,
  handshakeAlreadyOver,
  handshakeNotFound,
  notYourHandshake,
} from './organizations-refusals.ts'

type HandshakesOptions = {
  readonly tree: OrganizationTree
  readonly handshakes: Map<string, HandshakeRecord>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly willChange: () => void
  readonly changed: (change: UnstampedChange) => void
}

// Organizations User Guide, "Managing account invitations": an invitation expires after 15 days.
const openMs = 15 * 24 * 60 * 60 * 1000

/** Adds existing accounts to the organization: it invites them, and they accept. */
export class Handshakes {
  readonly #options: HandshakesOptions

  constructor(options: HandshakesOptions) {
    this.#options = options
  }

  /** The account does not join by this, only when it accepts. */
  invite(party: InvitedParty, tags: Tags): HandshakeRecord {
    const { tree, handshakes, clock, randomness } = this.#options
    const isMember = [...tree.accounts()].some(({ id, email }) => id === party.id || email === party.id)
    if (isMember) throw duplicateHandshake('The account is already a member of the organization.')
    const isOpen = [...handshakes.values()].some(
      ({ id, party: { id: invited } }) => invited === party.id && this.#isOpen(id),
    )
    if (isOpen) throw duplicateHandshake('A handshake with the same action and target already exists.')
    const requestedAt = clock.now()
    const id = `h-${randomness.id().replaceAll('-', '')}`
    const handshake: HandshakeRecord = {
      id,
      party,
      tags,
      state: 'OPEN',
      requestedAt,
      expiresAt: new Date(requestedAt.getTime() + openMs),
    }
    handshakes.set(id, handshake)
    return handshake
  }

  /** `caller`: the account that accepts; it must be the invited one, and this model cannot check its email. */
  accept(id: string, caller: AccountId): HandshakeRecord {
    const { tree, handshakes, clock, willChange, changed } = this.#options
    const handshake = handshakes.get(id)
    if (handshake === undefined) throw handshakeNotFound()
    if (handshake.party.type === 'ACCOUNT' && handshake.party.id !== caller) throw notYourHandshake()
    if (!this.#isOpen(id)) throw handshakeAlreadyOver()
    willChange()
    const accepted: HandshakeRecord = { ...handshake, state: 'ACCEPTED' }
    handshakes.set(id, accepted)
    const isEmail = handshake.party.type === 'EMAIL'
    tree.putAccount({
      id: caller,
      name: `account ${caller}`,
      email: isEmail ? handshake.party.id : `aws+${caller}@invited.example`,
      state: 'ACTIVE',
      parentId: tree.organization.rootId,
      joinedMethod: 'INVITED',
      joinedAt: clock.now(),
      tags: handshake.tags,
    })
    changed({ event: 'AccountJoinedOrganization', accountId: accountId.parse(caller), joinedMethod: 'Invited' })
    return accepted
  }

  #isOpen(id: string): boolean {
    const handshake = this.#options.handshakes.get(id)
    return handshake?.state === 'OPEN' && handshake.expiresAt > this.#options.clock.now()
  }
}
