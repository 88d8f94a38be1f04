import * as z from 'zod'
import { isContestedLink } from '../contested.ts'
import { desiredNow, grantsNow, scopeOf } from '../desired.ts'
import { fileGroup, groupFile } from '../membership-actions.ts'
import { selectsNow } from '../selector-actions.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { badKeys, bodies, userNames } from '../small-world.ts'
import { linksOf } from './names.ts'
import { parsePlainFile } from './plain-permission-set.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

type Status = Readonly<Record<string, unknown>>
type Others = {
  /** Access of this link is held by the brake. */
  holdsFor(link: string): boolean
  /** The status says of a file that is gone that its permission set is still used. */
  isKept(input: string): boolean
}

/**
 * Promise 4: when nothing moves any more, the status of each input says what became of it, none is left over, and `attention/` has
 * exactly those that want somebody.
 */
export class StatusPromise {
  readonly #watched: Watched
  readonly #others: Others

  constructor(watched: Watched, others: Others) {
    this.#watched = watched
    this.#others = others
  }

  checkAtRest(): void {
    const { world } = this.#watched
    const asked = ['requests/', 'approvals/', 'suspended/', 'groups/', 'memberships/', 'rules/'].flatMap((prefix) =>
      world.keys(prefix),
    )
    const files = [...world.keys('links_data/'), ...world.keys('permission_sets/')]
    for (const input of asked) if (!this.#statusOf(input)) this.#fail(`${input} has no status`)
    for (const input of files.filter((one) => !world.unreadable.concernsInput(one))) {
      const status = this.#statusOf(input)
      if (!status && !this.#isInCrowd(input)) this.#fail(`${input} has no status`)
      else if (status) this.#checkStatus(input, status)
    }
    const inputs = new Set([...files, ...asked])
    for (const key of world.keys('status/')) this.#checkWanted(key.slice('status/'.length, -'.json'.length), inputs)
  }

  /** Each status is of something. */
  #checkWanted(input: string, inputs: ReadonlySet<string>): void {
    const { world } = this.#watched
    if (input.startsWith('too-many/')) {
      // It is there while files without a status are.
      const isNeeded = [...inputs].some((one) => !this.#statusOf(one) && crowdsOf(one).includes(input))
      if (!isNeeded) this.#fail(`${input} is told, and every file there has a status`)
    } else if (input.startsWith('selectors/')) {
      const value = input.slice('selectors/'.length, -'.json'.length)
      if (!isUnclear(world, { scope: 'select', value })) this.#fail(`the status of ${input} is left over`)
    } else if (!inputs.has(input) && !world.unreadable.concernsInput(input)) {
      const isLeft = this.#hasStuck(input) || this.#others.holdsFor(input) || this.#others.isKept(input)
      if (!isLeft && !this.#isBlockedGroup(input) && !this.#isHeldRule(input))
        this.#fail(`the status of ${input} is left over: its input is gone`)
    }
  }

  /** A group whose file is gone stays while a file or a rule names it, or somebody is in it. */
  #isBlockedGroup(input: string): boolean {
    const { world } = this.#watched
    if (input !== groupFile || this.#statusOf(input)?.state !== 'blocked') return false
    const { identityStore } = world
    const group = identityStore.idOf('GROUP', fileGroup)
    const isIn = (name: string) => {
      const id = identityStore.idOf('USER', name)
      return id !== undefined && group !== undefined && identityStore.groupIdsOf(id).includes(group)
    }
    return world.keys('memberships/').length + world.keys('rules/').length > 0 || userNames.some(isIn)
  }

  /** The rule is gone, and those whom it meant are held by the brake. */
  #isHeldRule(input: string): boolean {
    return input.startsWith('rules/') && this.#statusOf(input)?.state === 'held'
  }

  /** Not valid, beside so many that they have one status together. */
  #isInCrowd(input: string): boolean {
    const isBad = this.#isBadFile(input) || (input.startsWith('links_data/') && scopeOf(input) === undefined)
    return isBad && crowdsOf(input).some((crowd) => this.#statusOf(crowd) !== undefined)
  }

  /** A file that nobody can make sense of: whoever uploaded it has to be told. */
  #isBadFile(input: string): boolean {
    const body = bodyOf(this.#watched.world, input)
    if (input.startsWith('permission_sets/')) return parsePlainFile(body) === undefined
    return body === bodies.malformed || badKeys.some((key) => input === `links_data/${key}`)
  }

  /** Once reconciled: an entry whose removal was refused is left in the index until then. */
  checkIndex(): void {
    const { world } = this.#watched
    for (const key of world.keys('attention/')) {
      const [, state, ...rest] = key.split('/')
      const input = rest.join('/')
      if (!world.unreadable.isSpoiled(`status/${input}.json`) && attentionOf(this.#statusOf(input)) !== state)
        this.#fail(`${key} stands in the index, its status says otherwise`)
    }
  }

  #checkStatus(input: string, status: Status): void {
    const state = String(status.state)
    if (['applying', 'revoking'].includes(state)) this.#fail(`${input} is still '${state}' with nothing left to do`)
    const isLink = input.startsWith('links_data/')
    // What a link gave before it was overwritten is judged by the brake as if it were deleted.
    const isHeld = state === 'held' && isLink && this.#others.holdsFor(input)
    if (this.#isBadFile(input) && state !== 'rejected' && !isHeld)
      this.#fail(`${input} is not valid, but its status is '${state}'`)
    if (state === 'rejected' && stillOpen.safeParse(status).success)
      this.#fail(`${input} is not valid, and its access is still going with nothing left to do`)
    const wrong = isLink ? this.#complainAboutLink(input, status) : undefined
    if (wrong) this.#fail(`the status of ${input} ${wrong}`)
    const index = String(attentionOf(status))
    const mustWant = ['waiting', 'rejected', 'blocked', 'failed', 'stuck', 'held'].includes(index)
    if (mustWant && !this.#watched.world.objects.model.find(`attention/${index}/${input}`))
      this.#fail(`${input} is '${state}', but does not stand in the index`)
  }

  #complainAboutLink(link: string, status: Status): string | undefined {
    const { world, wishes } = this.#watched
    const { objects, organizations, clock } = world
    const asked = [...desiredNow(objects, organizations, clock.now(), { grants: (one) => one === link })]
    if (status.state === 'failed' && isContestedLink(link, world)) return undefined
    // What the status of a link says that asks for nothing is not told again.
    const mayRest = asked.length === 0 || wishes.isOfSuspended(link) || world.needsReconcile
    if (status.atRest && (status.state !== 'waiting' || !mayRest))
      return `is '${String(status.state)}' and at rest, and it has ${asked.length} accounts`
    const states = this.#statesOf(link, asked)
    if (states && !states.includes(String(status.state)))
      return `is '${String(status.state)}', expected '${states.join("' or '")}'`
    // Where a lost event told of an account whose access another link gave already, nothing differs but a count.
    if (status.state !== 'applied' || !states || world.needsReconcile) return undefined
    const counts = JSON.stringify({ desired: asked.length, applied: asked.length, open: 0, failed: [] })
    if (JSON.stringify(status.accounts) !== counts)
      return `counts ${JSON.stringify(status.accounts)}, expected ${counts}`
    const ids = asked.map((assignment) => wishes.targetOf(assignment)?.split(' ')[2])
    const isNamed = ids.length === 0 || ids.includes(String(status.principalId))
    return isNamed ? undefined : `names the principal ${String(status.principalId)}, expected ${ids[0]}`
  }

  /** `undefined`: nobody can say. */
  #statesOf(link: string, asked: readonly string[]): readonly string[] | undefined {
    const { world, wishes } = this.#watched
    const scope = scopeOf(link)
    if (!scope) return ['rejected']
    const now = world.clock.now()
    const isHeld = this.#others.holdsFor(link)
    const left = [...(isHeld ? ['held'] : []), ...(this.#hasStuck(link) ? ['failed'] : [])]
    const body = bodyOf(world, link)
    if (!grantsNow(body, now)) {
      const [beginsMs, endsMs] = [instantOf(body, 'notBefore'), instantOf(body, 'expiresAt')]
      const isOrdered = !(endsMs <= beginsMs)
      if (isOrdered && now.getTime() >= endsMs) return ['expired', ...left]
      if (isOrdered && now.getTime() < beginsMs) return ['waiting', ...left]
      return ['rejected', ...(isHeld ? ['held'] : [])]
    }
    if (isUnclear(world, scope)) return ['waiting', ...left]
    if (asked.length === 0) return world.needsReconcile ? undefined : ['waiting', ...left]
    const isMissing = asked.some((assignment) => wishes.targetOf(assignment) === undefined)
    if (isMissing || !wishes.grants(link, 'possibly')) return ['waiting', ...left]
    return wishes.grants(link, 'certainly') ? ['applied', ...left] : undefined
  }

  /** Access that a link gave, and AWS does not let anybody take away: told for as long as it is there. */
  #hasStuck(input: string): boolean {
    const { entries } = this.#watched.truth
    return [...entries.values()].some((entry) => entry.state === 'stuck' && linksOf(entry).includes(input))
  }

  #statusOf(input: string): Status | undefined {
    return this.#watched.world.readJson(`status/${input}.json`)
  }

  #fail(message: string): void {
    this.#watched.fail(promises.status, message)
  }
}

function bodyOf({ objects }: SimulatedWorld, key: string): string {
  return Buffer.from(objects.model.find(key)?.body ?? []).toString()
}

function crowdsOf(input: string): readonly string[] {
  const [, folder] = /^links_data\/([^%]*)\/[^/]*/.exec(input) ?? []
  if (input.startsWith('permission_sets/')) return ['too-many/permission_sets']
  return folder === undefined ? ['too-many/no folder'] : [`too-many/folder ${folder}`, 'too-many/undeclared folders']
}

type Scope = { readonly scope: string; readonly value: string }

/** Nobody knows which accounts its selector means. */
function isUnclear(world: SimulatedWorld, { scope, value }: Scope): boolean {
  return scope === 'select' && selectsNow(world, value, { id: '', name: '', parents: [], tags: {} }) === 'nobody knows'
}

function instantOf(body: string, name: 'expiresAt' | 'notBefore'): number {
  try {
    return Date.parse(JSON.parse(body)[name])
  } catch {
    return Number.NaN
  }
}

const stillOpen = z.object({ accounts: z.object({ open: z.int().min(1) }) })
const allStuck = z.object({ accounts: z.object({ failed: z.array(z.object({ stuck: z.literal(true) })).min(1) }) })

/** The state under which an input stands in the index: `stuck` where every account that failed is stuck. None at rest. */
function attentionOf(status: Status | undefined): unknown {
  if (status?.atRest) return undefined
  return status?.state === 'failed' && allStuck.safeParse(status).success ? 'stuck' : status?.state
}
