import {
  type Assignment,
  type AssignmentKey,
  assignmentOf,
  renderAssignmentName,
} from '../shared/domain/assignments/assignment.ts'
import { type GrantingLink, type LedgerEntry, ledgerEntry } from '../shared/domain/assignments/ledger-entry.ts'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import { type AccountId, accountId } from '../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../shared/domain/principals/identity-center-ids.ts'
import { type PrincipalType, principalName } from '../shared/domain/principals/principal.ts'
import type { AssignmentTarget } from '../shared/ports/sso-admin.ts'
import { settleAssignment } from '../shared/reconcile/assignments/settle-assignment.ts'
import { type OpenSettleContext, openSettleContext } from '../shared/reconcile/assignments/settle-context.ts'
import type { Settlement } from '../shared/reconcile/assignments/settlement.ts'
import { contentOf, jsonValueOf } from '../shared/reconcile/records/content-of.ts'
import { PrincipalNames } from '../shared/reconcile/records/principal-names.ts'
import { type Interceptor, intercept } from './intercept.ts'
import { acme, World, type WorldOptions } from './world.ts'

export type SettlingOptions = {
  readonly configuration?: Partial<Configuration>
  readonly interceptor?: Interceptor
  readonly mayStart?: () => boolean
  readonly ssoAdmin?: WorldOptions['ssoAdmin']
}

/**
 * One assignment, settled as the dispatcher does it, without a dispatcher: no queue, no handler, no limiter. The acme
 * organization, with the permission set there and nothing assigned.
 */
export class Settling {
  readonly account: AccountId = accountId.parse('233000000002')
  readonly principal: string
  readonly type: PrincipalType
  readonly world: World
  readonly #mayStart: () => boolean

  constructor(options: SettlingOptions = {}, principal = 'team-Accountants', type: PrincipalType = 'GROUP') {
    const { interceptor = ({ proceed }) => proceed() } = options
    this.principal = principal
    this.type = type
    this.#mayStart = options.mayStart ?? (() => true)
    const permissionSets = [{ permissionSetName: permissionSetName.parse('Billing-ps') }]
    this.world = new World({
      organization: { ...acme(), assignments: [], permissionSets },
      wrap: (ports) => intercept(ports, interceptor),
      ...(options.ssoAdmin === undefined ? {} : { ssoAdmin: options.ssoAdmin }),
      ...(options.configuration === undefined ? {} : { configuration: options.configuration }),
    })
    this.key = this.world.keyOf(this.link)
  }

  get assignment(): Assignment {
    const principal = principalName.parse(this.principal)
    return {
      accountId: this.account,
      permissionSet: permissionSetName.parse('Billing-ps'),
      principal,
      type: this.type,
    }
  }

  get link(): string {
    return `links_data/${renderAssignmentName(this.assignment)}`
  }

  /** Of whoever had the name when this began: access stays under its id. */
  readonly key: AssignmentKey

  get ledgerKey(): string {
    return `assignments/${this.key}`
  }

  /** The access of whoever has this name now. */
  target(principal = this.principal): AssignmentTarget {
    const principalId = this.world.identityStore.idOf(this.type, principal)
    const arn = this.world.ssoAdmin.permissionSetArnOf('Billing-ps')
    if (!principalId || !arn) throw new Error(`nobody has the name ${principal}`)
    return {
      accountId: this.account,
      permissionSetArn: permissionSetArn.parse(arn),
      principalId,
      principalType: this.type,
    }
  }

  /** Whoever has the name gets another, and this group gets it. */
  async takeName(group: string): Promise<void> {
    const { identityStore } = this.world
    const [former, next] = [this.target().principalId, this.target(group).principalId]
    await identityStore.updateGroup(former, [{ path: 'displayName', value: `formerly ${this.principal}` }])
    await identityStore.updateGroup(next, [{ path: 'displayName', value: this.principal }])
  }

  /** The link is uploaded; answers how the ledger knows it. */
  async upload(key = this.link, body = ''): Promise<GrantingLink> {
    const written = await this.world.objects.put(key, body)
    if (written.outcome === 'lost') throw new Error('nobody else writes here')
    return {
      key,
      etag: written.etag,
      lastModified: this.world.clock
        .now()
        .toISOString()
        .replace(/\.\d+Z$/, '.000Z'),
      content: contentOf(Buffer.from(body)),
      value: jsonValueOf(Buffer.from(body)),
    }
  }

  /** Written into the ledger as it is, by default as the access of whoever has this name now, which is noted. */
  async own(entry: Partial<LedgerEntry> = {}): Promise<void> {
    const { principalId } = assignmentOf(this.key)
    const { permissionSetArn: arn } = this.target()
    const updatedAt = this.world.clock.now().toISOString()
    const ids = { principal: this.principal, principalId, permissionSetArn: arn }
    const whole = { v: 1, state: 'granted', ...ids, links: [], attempts: 0, updatedAt }
    await this.noteName()
    await this.world.objects.put(this.ledgerKey, JSON.stringify({ ...whole, ...entry }))
  }

  /** As whoever records access of this id notes its name. */
  async noteName(): Promise<void> {
    const { principalId } = assignmentOf(this.key)
    const name = principalName.parse(this.principal)
    await new PrincipalNames(this.world.objects).note({ type: this.type, id: principalId, name })
  }

  async entry(key = this.ledgerKey): Promise<LedgerEntry | undefined> {
    const found = await this.world.json(key)
    return found && ledgerEntry.parse(found)
  }

  /** `granted`, `revoked` and so on, in order. */
  async history(): Promise<readonly (string | undefined)[]> {
    const folder = `history/${this.key}/`
    return (await this.world.keys(folder)).map((key) => key.split('%').at(-1)?.replace('.json', ''))
  }

  /** How often SSO Admin was called so. */
  calls(operation: string): number {
    return this.world.calls.filter((call) => call === operation).length
  }

  settle(key = this.key): Promise<Settlement> {
    return this.within((context) => settleAssignment(key, context))
  }

  /** In a dispatcher of its own: nothing is remembered from one to the next. */
  within<T>(work: (context: OpenSettleContext) => Promise<T>): Promise<T> {
    const { ports, configuration } = this.world
    const mayStart = this.#mayStart
    const context = openSettleContext(ports, configuration, {
      mayStart,
      ending: new AbortController().signal,
      waitingIn: () => 0,
    })
    return this.world.finish(work(context)).finally(() => context.requests.stop())
  }
}
