import * as z from 'zod'
import { scopeOf } from '../desired.ts'
import { userNames } from '../directory-actions.ts'
import { fileGroup } from '../membership-actions.ts'
import { isBadFile } from './bad-files.ts'
import type { BrakePromise } from './brake.ts'
import { complainAboutLinkStatus, isUnclear } from './link-status.ts'
import type { PermissionSetChecks } from './permission-sets.ts'
import type { PrincipalWatch } from './principals.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

type Others = {
  readonly principals: PrincipalWatch
  readonly brake: BrakePromise
  readonly permissionSets: PermissionSetChecks
}

/**
 * Promise 4: every input gets a status. When nothing moves any more, each input's status says what became of it, none is
 * left over, and `attention/` has exactly those that want somebody.
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
    const { brake, permissionSets } = this.#others
    const ofPeople = ['suspended/', 'groups/', 'memberships/', 'rules/'].flatMap((prefix) => world.keys(prefix))
    const asked = [...world.keys('requests/'), ...world.keys('approvals/'), ...ofPeople]
    const files = [...world.keys('links_data/'), ...world.keys('permission_sets/')]
    const inputs = [...files, ...asked]
    for (const input of files.filter((one) => !world.unreadable.concernsInput(one))) {
      const status = world.readJson(`status/${input}.json`)
      if (!status && !this.#isInCrowd(input)) this.#fail(`${input} has no status`)
      else if (status) this.#checkStatus(input, status)
    }
    for (const key of world.keys('status/')) {
      const input = key.slice('status/'.length, -'.json'.length)
      const isHeldRule = input.startsWith('rules/') && world.readJson(key)?.state === 'held'
      const isLeft =
        isHeldRule ||
        this.#isBlockedGroup(key) ||
        this.#hasStuck(input) ||
        brake.holdsFor(input) ||
        permissionSets.isKept(input)
      if (input.startsWith('too-many/')) this.#checkCrowd(input)
      else if (input.startsWith('selectors/')) this.#checkSelector(input)
      else if (!inputs.includes(input) && !isLeft && !world.unreadable.concernsInput(input))
        this.#fail(`${key} is left over: its input is gone`)
    }
  }

  /** A group whose file is gone stays while a file or a rule names it, or somebody is in it. */
  #isBlockedGroup(status: string): boolean {
    const { world } = this.#watched
    if (!status.startsWith('status/groups/') || world.readJson(status)?.state !== 'blocked') return false
    const named = [...world.keys('memberships/'), ...world.keys('rules/')]
    const group = world.identityStore.idOf('GROUP', fileGroup)
    const isIn = (user: string) => {
      const id = world.identityStore.idOf('USER', user)
      return id !== undefined && group !== undefined && world.identityStore.groupIdsOf(id).includes(group)
    }
    return named.length > 0 || userNames.some(isIn)
  }

  /** A selector has a status as long as nobody knows what it means. */
  #checkSelector(input: string): void {
    const name = input.slice('selectors/'.length, -'.json'.length)
    if (isUnclear(this.#watched.world, { scope: 'select', value: name })) return
    this.#fail(`the status of ${input} is left over: it can be used`)
  }

  /** Not valid, beside so many that they have one status together. */
  #isInCrowd(input: string): boolean {
    const { objects } = this.#watched.world
    const body = Buffer.from(objects.model.find(input)?.body ?? []).toString()
    const isBad = isBadFile(input, body) || (input.startsWith('links_data/') && scopeOf(input) === undefined)
    return isBad && this.#crowdsOf(input).some((crowd) => objects.model.find(`status/${crowd}.json`) !== undefined)
  }

  #crowdsOf(input: string): readonly string[] {
    const [, folder] = /^links_data\/([^%]*)\/[^/]*/.exec(input) ?? []
    if (input.startsWith('permission_sets/')) return ['too-many/permission_sets']
    return folder === undefined ? ['too-many/no folder'] : [`too-many/folder ${folder}`, 'too-many/undeclared folders']
  }

  /** It is there while files without a status are, and no longer. */
  #checkCrowd(crowd: string): void {
    const { world } = this.#watched
    const inputs = [...world.keys('links_data/'), ...world.keys('permission_sets/')]
    const untold = inputs.filter((one) => !world.objects.model.find(`status/${one}.json`))
    if (!untold.some((one) => this.#crowdsOf(one).includes(crowd)))
      this.#fail(`${crowd} is told, and every file there has a status`)
  }

  /** Once reconciled: an entry whose removal was refused is left in the index until then. */
  checkIndex(): void {
    const { world } = this.#watched
    for (const key of world.keys('attention/')) {
      const [, state, ...input] = key.split('/')
      if (world.unreadable.isSpoiled(`status/${input.join('/')}.json`)) continue
      if (attentionOf(world.readJson(`status/${input.join('/')}.json`)) !== state)
        this.#fail(`${key} stands in the index, its status says otherwise`)
    }
  }

  #checkStatus(input: string, status: Readonly<Record<string, unknown>>): void {
    const { objects } = this.#watched.world
    const state = String(status.state)
    if (['applying', 'revoking'].includes(state)) this.#fail(`${input} is still '${state}' with nothing left to do`)
    const body = Buffer.from(objects.model.find(input)?.body ?? []).toString()
    // What a link gave before it was overwritten is judged by the brake as if it were deleted.
    const isHeld = state === 'held' && input.startsWith('links_data/') && this.#others.brake.holdsFor(input)
    if (isBadFile(input, body) && state !== 'rejected' && !isHeld)
      this.#fail(`${input} is not valid, but its status is '${state}'`)
    if (state === 'rejected' && stillOpen.safeParse(status).success)
      this.#fail(`${input} is not valid, and its access is still going with nothing left to do`)
    const wrong = input.startsWith('links_data/') ? this.#complainAboutLink(input, status) : undefined
    if (wrong) this.#fail(wrong)
    const index = attentionOf(status)
    const mustWant = ['waiting', 'rejected', 'blocked', 'failed', 'stuck', 'held'].includes(String(index))
    if (mustWant && !objects.model.find(`attention/${index}/${input}`))
      this.#fail(`${input} is '${state}', but does not stand in the index`)
  }

  #complainAboutLink(link: string, status: Readonly<Record<string, unknown>>): string | undefined {
    const { world, desires } = this.#watched
    const { principals, brake } = this.#others
    const isHere = principals.grants(link, 'certainly')
    const isElsewhere = !principals.grants(link, 'possibly')
    return complainAboutLinkStatus(world, link, status, {
      isOfSuspended: principals.isOfSuspended(link),
      bound: isHere ? 'to who bears its name' : isElsewhere ? 'to somebody else' : 'unknown',
      targetOf: (assignment) => desires.targetOf(assignment),
      isHeld: brake.holdsFor(link),
      isStuck: this.#hasStuck(link),
    })
  }

  /** Access that a link gave, and AWS does not let anybody take away: told for as long as it is there. */
  #hasStuck(input: string): boolean {
    const { world } = this.#watched
    return world.keys('assignments/').some((key) => {
      const entry = world.readJson(key)
      return entry?.state === 'stuck' && JSON.stringify(entry.links).includes(JSON.stringify(input))
    })
  }

  #fail(message: string): void {
    this.#watched.fail(promises.status, message)
  }
}

const stillOpen = z.object({ accounts: z.object({ open: z.int().min(1) }) })
const allStuck = z.object({ accounts: z.object({ failed: z.array(z.object({ stuck: z.literal(true) })).min(1) }) })

/** The state under which an input stands in the index: `stuck` where every account that failed is stuck. None at rest. */
function attentionOf(status: Readonly<Record<string, unknown>> | undefined): unknown {
  if (status?.atRest) return undefined
  return status?.state === 'failed' && allStuck.safeParse(status).success ? 'stuck' : status?.state
}
