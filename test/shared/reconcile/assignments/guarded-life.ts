import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { dyingPorts, intercept } from '../../../intercept.ts'
import { account, GuardedPeople, linkOf } from './guarded-people.ts'

export const lifeLinks = [
  linkOf('Pay-ps', 'payers'),
  linkOf('Pay-ps', 'readers'),
  linkOf('Pay-ps', 'kim', 'USER'),
  linkOf('Approve-ps', 'approvers'),
  linkOf('Approve-ps', 'payers'),
  linkOf('Approve-ps', 'ana', 'USER'),
] as const
/** What Ben has for a while: no link gives it to him. */
const lent = linkOf('Pay-ps', 'ben', 'USER').slice('links_data/'.length)
export const groups = ['payers', 'approvers', 'readers'] as const
export const users = ['ana', 'ben', 'kim'] as const

/** What a policy says, for the checker. */
type Says = 'apart' | 'least' | 'no users' | 'broken'
const rule = { id: 'r', control: 'c', mode: 'enforce' }
const separations = [{ ...rule, must: { notTogether: [['Pay*'], ['Approve*']] } }]
const minimums = [{ ...rule, id: 'm', for: { permissionSets: ['Pay*'] }, must: { peopleLeast: 1 } }]
const links = [{ ...rule, id: 'n', for: { permissionSets: ['Approve*'] }, must: { types: ['GROUP'] } }]
const document = (rules: object) => JSON.stringify({ contact: 'Ann', ...rules })
export const lifePolicies: readonly { readonly says: readonly Says[]; readonly text: string | undefined }[] = [
  { says: [], text: undefined },
  { says: ['apart'], text: document({ separations }) },
  { says: ['least'], text: document({ minimums }) },
  { says: ['no users'], text: document({ links }) },
  { says: ['apart', 'least', 'no users'], text: document({ separations, minimums, links }) },
  { says: ['broken'], text: '{' },
]

export type Step =
  | { readonly do: 'upload' | 'delete'; readonly links: readonly number[] }
  | { readonly do: 'govern'; readonly policy: number }
  | { readonly do: 'join' | 'leave'; readonly group: number; readonly user: number }
  | { readonly do: 'work'; readonly diesAt: number }
  | { readonly do: 'wait' | 'sweep' | 'release' }
  /** Ben wants to pay for a while, and is done. */
  | { readonly do: 'ask' | 'finish' }

/** So long a policy may be known as it was, and the entry that is written may rest on that. */
const knownMs = 15_000
/** From reading a link to writing what follows. */
const readMs = 1_500
/** So long memberships count. */
const membersMs = 130_000

type Seen = { readonly sinceMs: number; readonly revokingMs?: number }

/** A life with policies, judged at each call that changes Identity Center, by the plainest reading of what they say. */
export class GuardedLife {
  readonly people: GuardedPeople
  readonly violations: string[] = []
  granted = 0
  refused = 0
  held = 0
  readonly #policies: { readonly sinceMs: number; readonly says: readonly Says[] }[] = [{ sinceMs: -1, says: [] }]
  readonly #entries = new Map<string, Seen>()
  readonly #uploadedMs = new Map<string, number>()
  readonly #releasedMs = new Map<string, number>()
  readonly #leaving = new Set<string>()
  #membersMs = Number.NEGATIVE_INFINITY

  constructor() {
    this.people = new GuardedPeople({
      wrap: (ports) =>
        intercept(ports, async ({ operation, args, proceed }) => {
          const [target] = args
          if (operation === 'createAccountAssignment') this.#checkGrant(target as AssignmentTarget)
          if (operation === 'deleteAccountAssignment') this.#checkRevocation(target as AssignmentTarget)
          return proceed()
        }),
    })
    this.people.world.objects.onChange(({ key, eventName }) => {
      if (!key.startsWith('assignments/')) return
      if (eventName.startsWith('ObjectRemoved')) return void this.#entries.delete(key)
      const body = this.people.world.objects.model.find(key)?.body ?? ''
      const { call, state } = JSON.parse(Buffer.from(body).toString())
      const seen = this.#entries.get(key) ?? { sinceMs: this.#nowMs }
      const isRevoking = state === 'revoking' && call?.kind === 'deletion'
      this.#entries.set(
        key,
        isRevoking ? { ...seen, revokingMs: seen.revokingMs ?? this.#nowMs } : { sinceMs: seen.sinceMs },
      )
    })
  }

  get #nowMs(): number {
    return this.people.world.clock.monotonicMs()
  }

  async perform(step: Step): Promise<void> {
    const { world } = this.people
    switch (step.do) {
      case 'upload': {
        for (const key of step.links.map((link) => lifeLinks[link] ?? '')) {
          await world.objects.put(key, '')
          if (!this.#uploadedMs.has(key)) this.#uploadedMs.set(key, this.#nowMs)
        }
        return
      }
      case 'delete': {
        for (const key of step.links.map((link) => lifeLinks[link] ?? '')) {
          this.#uploadedMs.delete(key)
          await world.objects.delete(key)
        }
        return
      }
      case 'govern': {
        const { says, text } = lifePolicies[step.policy] ?? { says: [], text: undefined }
        this.#policies.push({ sinceMs: this.#nowMs, says })
        if (text === undefined) return void (await world.objects.delete('policies/a.json'))
        return void (await world.objects.put('policies/a.json', text))
      }
      case 'join':
      case 'leave':
        return this.#move(step)
      case 'work': {
        await world.look()
        const dying = dyingPorts(world.ports, { at: (_, number) => number === step.diesAt, when: 'after' })
        const slice = world.slice({}, dying.ports)
        let isOver = false
        void slice.finally(() => {
          isOver = true
        })
        await world.until(() => isOver || dying.isDead(), 'the end of a slice', 60)
        if (dying.isDead()) await world.clock.advance(90_000)
        const lists = (await brakeFile(world.objects).read())?.value.lists ?? []
        if (lists.some(({ rule: what }) => what === 'minimum')) this.held++
        return
      }
      case 'wait':
        return world.clock.advance(200_000)
      case 'sweep':
        return this.people.sweep()
      case 'ask':
        await this.people.letAsk()
        await world.objects.put(this.#request, '{"duration":"PT8H"}')
        return
      case 'finish':
        return void (await world.objects.delete(this.#request))
      case 'release':
        for (const list of (await brakeFile(world.objects).read())?.value.lists ?? []) {
          for (const key of list.held) this.#releasedMs.set(key, this.#nowMs)
          await releaseList(world.objects, digestOf(list), 'me')
        }
    }
  }

  /** Nobody does anything more: each link is granted or refused, and each that is gone has nothing left, or is held. */
  async rest(): Promise<void> {
    const { world } = this.people
    await world.objects.delete(this.#request)
    for (let round = 0; round < 4; round++) {
      await world.clock.advance(200_000)
      await world.finish(world.everyMinute())
      await world.finish(world.everyHour())
      await this.people.sweep()
    }
    const given = await world.namedKeys('assignments/')
    if (given.includes(`assignments/${lent}`)) this.violations.push(`at rest ${lent} is given`)
    for (const key of lifeLinks) {
      const state = (await this.people.status(key))?.state
      const isThere = (await world.keys(key)).includes(key)
      const isGiven = given.includes(key.replace('links_data/', 'assignments/'))
      const isRight = isThere
        ? (state === 'applied' && isGiven) || (state === 'rejected' && !isGiven)
        : isGiven === (state === 'held')
      if (!isRight) this.violations.push(`at rest ${key} is ${isThere ? 'there' : 'gone'}, ${state}, given: ${isGiven}`)
      if (isThere && state === 'rejected') this.refused++
    }
  }

  get #request(): string {
    return this.people.requestOf('ben')
  }

  async #move({ do: what, group, user }: Extract<Step, { group: number }>): Promise<void> {
    const { identityStore } = this.people.world
    const [groupName = '', userName = ''] = [groups[group], users[user]]
    const ids = [identityStore.idOf('GROUP', groupName) ?? '', identityStore.idOf('USER', userName) ?? ''] as const
    const known = await identityStore.getGroupMembershipId(...ids)
    this.#membersMs = this.#nowMs
    if (what === 'join' && known === undefined) await identityStore.createGroupMembership(...ids)
    if (what === 'leave' && known !== undefined) await identityStore.deleteGroupMembership(known)
  }

  #checkGrant(target: AssignmentTarget): void {
    this.granted++
    const name = this.#nameOf(target)
    this.#leaving.delete(name)
    const entryMs = this.#entries.get(`assignments/${this.people.world.keyOf(name)}`)?.sinceMs ?? this.#nowMs
    const says = (what: Says) => this.#saysAlways(what, entryMs - knownMs)
    if (says('broken')) this.violations.push(`${name} is granted while the policy is broken`)
    if (says('no users') && /Approve.*%USER%/.test(name)) this.violations.push(`${name} is granted to a user`)
    if (!says('apart') || !this.#knowsMembers()) return
    const people = this.#peopleOf(target)
    const opponents = this.#others(target).filter((one) => this.#setOf(one) !== this.#setOf(target))
    const both = opponents.flatMap((one) => this.#peopleOf(one)).filter((id) => people.includes(id))
    if (both.length > 0) this.violations.push(`${name} is granted to people who have the other one`)
  }

  #checkRevocation(target: AssignmentTarget): void {
    const name = this.#nameOf(target)
    const { revokingMs = this.#nowMs } = this.#entries.get(`assignments/${this.people.world.keyOf(name)}`) ?? {}
    const uploadedMs = this.#uploadedMs.get(`links_data/${name}`) ?? Number.POSITIVE_INFINITY
    if (uploadedMs < revokingMs - readMs) this.violations.push(`${name} is revoked, and its link is there`)
    this.#leaving.add(name)
    const isReleased =
      this.#nowMs - (this.#releasedMs.get(this.people.world.keyOf(name)) ?? Number.NEGATIVE_INFINITY) < 3_700_000
    if (name === lent || this.#setOf(target) !== 'Pay-ps' || isReleased || !this.#knowsMembers()) return
    if (!this.#saysAlways('least', revokingMs - knownMs)) return
    const left = this.#others(target).filter(
      (one) => this.#setOf(one) === 'Pay-ps' && !this.#leaving.has(this.#nameOf(one)) && this.#nameOf(one) !== lent,
    )
    if (left.flatMap((one) => this.#peopleOf(one)).length === 0 && this.#peopleOf(target).length > 0)
      this.violations.push(`${name} is revoked, and nobody is left`)
  }

  /** In all that was in force since then. */
  #saysAlways(what: Says, sinceMs: number): boolean {
    const last = this.#policies.findLastIndex((policy) => policy.sinceMs <= sinceMs)
    return this.#policies.slice(Math.max(0, last)).every(({ says }) => says.includes(what))
  }

  #knowsMembers(): boolean {
    return this.#nowMs - this.#membersMs > membersMs
  }

  #others(target: AssignmentTarget): readonly AssignmentTarget[] {
    const all = this.people.world.ssoAdmin.assignments()
    return all.filter((one) => this.#nameOf(one) !== this.#nameOf(target))
  }

  #setOf({ permissionSetArn }: AssignmentTarget): string {
    const { ssoAdmin } = this.people.world
    return ['Pay-ps', 'Approve-ps'].find((name) => ssoAdmin.permissionSetArnOf(name) === permissionSetArn) ?? ''
  }

  #nameOf(target: AssignmentTarget): string {
    const { identityStore } = this.people.world
    const { principalType: type, principalId } = target
    const principal = [...groups, ...users].find((name) => identityStore.idOf(type, name) === principalId)
    return `account%${account}%${this.#setOf(target)}%${principal}%${type}%ssofile`
  }

  #peopleOf({ principalType, principalId }: AssignmentTarget): readonly string[] {
    const { identityStore } = this.people.world
    if (principalType === 'USER') return [principalId]
    const ids = users.flatMap((name) => identityStore.idOf('USER', name) ?? [])
    return ids.filter((id) => identityStore.groupIdsOf(id).includes(principalId))
  }
}
