import { principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { Call } from '../chaos.ts'
import { ownedNames } from '../permission-set-actions.ts'
import { usersNow } from './names.ts'
import { SuspensionsPromise } from './suspensions.ts'
import { type AtRest, Judge, type Seen } from './watched.ts'

/** A denial of one user's sessions in a permission set that began before an instant. `account` absent: in all accounts. */
type Denial = {
  readonly permissionSet: string
  readonly user: string
  readonly account: string | undefined
  readonly beforeMs: number
}

/** No session lasts longer. */
const longestMs = 12 * 60 * 60_000
/** The instant of a denial for every session, whenever it begins. */
const alwaysMs = Date.UTC(9999, 0, 1)
/** The schedule of each minute begins the denial within this time. */
const deniedMs = 2 * 60_000
/** Without the event, the suspension is looked at again within the hour, and then denies. */
const unheardMs = 60 * 60_000 + deniedMs

/**
 * Promise 11: sessions that an operator ended stay denied until none can still run, whatever happens to the file of the permission set.
 * After that the denial goes, and the file's own policy is unchanged (`plainOf`). Here there is room for all denials.
 * `deny-ended-sessions.test.ts` and `choose-denials.test.ts` test denials without room.
 */
export class SessionsPromise extends Judge {
  protected readonly promise = 'sessions'
  /** All ended sessions of the life. */
  readonly #ended: Denial[] = []
  readonly #suspensions = this.judge(SuspensionsPromise)
  /** When others last put somebody into a group. */
  #joinedMs = 0

  noteJoin(): void {
    this.#joinedMs = this.world.clock.now().getTime()
  }

  override noteChange({ key }: Seen): void {
    if (key === 'control/ended-sessions.json') this.#noteRecord()
    // A recreated permission set also gets its denials from the schedule of each minute.
    const isOfEnded = this.#ended.some(({ permissionSet }) => key === `owned_permission_sets/${permissionSet}`)
    if (isOfEnded) this.world.later(deniedMs + this.world.settings.skewMs, () => {})
  }

  #noteRecord(): void {
    const added = this.#listRecord().filter((one) => !this.#ended.some((known) => isSame(known, one)))
    this.#ended.push(...added)
    // Until then the world is not at rest.
    this.world.later(deniedMs, () => {})
  }

  #listRecord(): readonly Denial[] {
    const { ended } = this.world.readJson('control/ended-sessions.json') ?? {}
    return (Array.isArray(ended) ? ended : []).map(({ user, account, before, permissionSet }) => {
      return { user, account, beforeMs: Date.parse(before), permissionSet }
    })
  }

  override noteCall({ operation, wasHeld }: Call, [arn, policy]: readonly unknown[]): void {
    if (operation !== 'putInlinePolicy' && operation !== 'deleteInlinePolicy') return
    const name = this.world.names.permissionSet(String(arn))
    const actual = this.world.ssoAdmin.definitionNow(name)
    if (actual?.arn !== arn) return
    const denied = denialsIn(name, typeof policy === 'string' ? policy : undefined)
    const before = denialsIn(name, actual?.inlinePolicy)
    // Nobody could abort a call that was frozen on its way. The next process has to correct its effect (`checkAtRest`).
    const lost = wasHeld ? [] : before.filter((known) => !this.#mayBeOver(known) && !isIn(denied, known))
    for (const one of lost) this.fail(`${name} does not deny any more ${describe(one)}`)
    for (const one of denied)
      if (!this.#ended.some((known) => isSame(known, one)))
        this.fail(`${name} denies ${describe(one)}, which nobody ended`)
  }

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    if (isReconciled && isReadable) this.#checkSuspended()
    for (const name of ownedNames) {
      const denied = this.#deniedIn(name)
      if (denied === undefined) continue
      const isPutBack = isReconciled || !this.world.wasDrifted
      for (const one of this.#ended.filter(({ permissionSet }) => isPutBack && permissionSet === name))
        if (!this.#mayBeOver(one) && !isIn(denied, one)) this.fail(`${name} does not deny ${describe(one)}`)
    }
  }

  /** What a suspended person reaches through a group is denied, however the person came into it. */
  #checkSuspended(): void {
    const { clock, deliveries } = this.world
    if (deliveries.counts.lost > 0 && clock.now().getTime() - this.#joinedMs < unheardMs) return
    for (const [user, id] of usersNow(this.world)) {
      if (!this.#suspensions.isSuspended(id) || !this.#hasPassed(id)) continue
      for (const name of ownedNames) {
        const denied = this.#deniedIn(name)
        const whole = { permissionSet: name, user: id, account: undefined, beforeMs: alwaysMs }
        if (denied !== undefined && this.#reaches(id, name) && !isIn(denied, whole))
          this.fail(`${name} does not deny the sessions of ${user}, who is suspended and has it through a group`)
      }
    }
  }

  /** The brake lets the suspension pass. */
  #hasPassed(id: string): boolean {
    return this.#suspensions.listNames(id).some((name) => {
      const { state } = this.world.readJson(`status/suspended/${name}.json`) ?? {}
      return state === 'partly' || state === 'suspended'
    })
  }

  /** Twelve hours later. */
  checkNothingDenied(): void {
    for (const name of ownedNames)
      for (const one of this.#deniedIn(name) ?? [])
        this.fail(`${name} denies ${describe(one)}, though no session can be left`)
    if (this.isAnyEnded()) this.fail('the record of ended sessions is there, though none of them can be left')
  }

  isAnyEnded(): boolean {
    return this.#listRecord().length > 0
  }

  /** `undefined`: not ssofile's permission set. */
  #deniedIn(name: string): readonly Denial[] | undefined {
    const actual = this.world.ssoAdmin.definitionNow(name)
    const isOurs = this.world.readJson(`owned_permission_sets/${name}`)?.arn === actual?.arn
    return actual && isOurs ? denialsIn(name, actual.inlinePolicy) : undefined
  }

  /**
   * A denial of every session is not over while a file suspends its user, the brake has let that file pass, and the user still has the
   * access. A file that somebody deleted and uploaded again is a new one: its denials begin once it has passed.
   */
  #mayBeOver({ beforeMs, user, permissionSet }: Denial): boolean {
    if (beforeMs >= alwaysMs)
      return !this.#suspensions.isSuspended(user) || !this.#hasPassed(user) || !this.#reaches(user, permissionSet)
    return beforeMs + longestMs <= this.world.clock.now().getTime() + this.world.settings.skewMs
  }

  /** By Identity Center's assignments: the user's own, or through a group. */
  #reaches(user: string, permissionSet: string): boolean {
    const { ssoAdmin, identityStore, names } = this.world
    const id = principalId.parse(user)
    const ids = [id, ...identityStore.groupIdsOf(id)]
    return ssoAdmin
      .assignments()
      .some((one) => ids.includes(one.principalId) && names.permissionSet(one.permissionSetArn) === permissionSet)
  }
}

function isSame(a: Denial, b: Denial): boolean {
  return covers(a, b) && covers(b, a)
}

function covers(wide: Denial, narrow: Denial): boolean {
  const isWhere = wide.account === undefined || wide.account === narrow.account
  const isWhose = wide.permissionSet === narrow.permissionSet && wide.user === narrow.user
  return isWhose && isWhere && wide.beforeMs >= narrow.beforeMs
}

function isIn(all: readonly Denial[], one: Denial): boolean {
  return all.some((other) => covers(other, one))
}

function describe({ user, account, beforeMs }: Denial): string {
  return `the sessions of ${user} before ${new Date(beforeMs).toISOString()} in ${account ?? 'all accounts'}`
}

type Statement = {
  readonly Sid?: string
  readonly Condition?: {
    readonly StringEquals: Readonly<Record<string, readonly string[]>>
    readonly DateLessThan: Readonly<Record<string, string>>
  }
}

const isDenial = ({ Sid }: Statement) => Sid?.startsWith('SsofileEnded') === true

function statementsOf(inlinePolicy: string | undefined): readonly Statement[] {
  return inlinePolicy === undefined ? [] : JSON.parse(inlinePolicy).Statement
}

/** Each user and account of each statement. */
function denialsIn(permissionSet: string, inlinePolicy: string | undefined): readonly Denial[] {
  return statementsOf(inlinePolicy)
    .filter(isDenial)
    .flatMap(({ Condition }) => {
      const beforeMs = Date.parse(Condition?.DateLessThan['aws:TokenIssueTime'] ?? '')
      const { 'identitystore:UserId': users = [], 'aws:PrincipalAccount': accounts = [undefined] } = {
        ...Condition?.StringEquals,
      }
      return users.flatMap((user) => accounts.map((account) => ({ permissionSet, user, account, beforeMs })))
    })
}

/** An inline policy without its denials. */
export function policyBesideDenials(inlinePolicy: string | undefined): object | undefined {
  if (inlinePolicy === undefined) return undefined
  const all = statementsOf(inlinePolicy)
  const own = all.filter((one) => !isDenial(one))
  return all.length > 0 && own.length === 0 ? undefined : { ...JSON.parse(inlinePolicy), Statement: own }
}
