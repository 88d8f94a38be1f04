import * as z from 'zod'
import { notifiedPlaces } from '../../../shared/domain/inputs/kinds.ts'
import type { PrincipalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { needsReconcile } from '../at-rest.ts'
import { desiredNow, phaseOf, scopeOf } from '../desired.ts'
import { selectsNow } from '../kinds/governance/selector-files.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { usersNow } from './names.ts'
import { PermissionSetsPromise } from './permission-sets.ts'
import { parsePlainFile } from './plain-permission-set.ts'
import { type AtRest, Judge } from './watched.ts'

type Status = Readonly<Record<string, unknown>>
/**
 * Promise 4: when everything is at rest, the status of each input tells its result, no status is left over, and `attention/` lists exactly
 * the inputs that need somebody.
 */
export class StatusPromise extends Judge {
  protected readonly promise = 'status'
  readonly #permissionSets = this.judge(PermissionSetsPromise)

  override checkAtRest({ isReconciled }: AtRest): void {
    const files = [...this.world.keys('links_data/'), ...this.world.keys('permission_sets/')]
    const asked = notifiedPlaces()
      .filter((at) => !['links_data/', 'permission_sets/'].includes(at))
      .flatMap((at) => this.world.keys(at))
    for (const input of asked) if (!this.#statusOf(input)) this.fail(`${input} has no status`)
    for (const input of files.filter((one) => !this.world.unreadable.concernsInput(one))) {
      const status = this.#statusOf(input)
      if (status) this.#checkStatus(input, status)
      else this.fail(`${input} has no status`)
    }
    for (const key of this.world.keys('status/')) this.#checkWanted(key.slice('status/'.length, -'.json'.length))
    // Until then, an entry whose removal was refused stays in the index.
    if (isReconciled) this.#checkIndex()
  }

  /** Each status has an input or a reason to exist. */
  #checkWanted(input: string): void {
    const isThere = this.world.objects.model.find(input) !== undefined
    if (!isThere && !this.world.unreadable.concernsInput(input) && !this.#isLeft(input))
      this.fail(`the status of ${input} is left over: its input is gone`)
  }

  /** The input is gone, but its access is not. */
  #isLeft(input: string): boolean {
    const state = this.#statusOf(input)?.state
    // The brake holds the people of the rule.
    if (input.startsWith('rules/')) return state === 'held'
    // The user of a file that is gone stays for a while (`people-promise.ts`).
    if (input.startsWith('people/')) return true
    // Until its key is active again (`credentials-promise.ts`).
    if (input.startsWith('retire/')) return true
    if (input.startsWith('memberships/')) return state === 'held' || state === 'revoking'
    const [, group] = /^groups\/(.*)\.json$/.exec(input) ?? []
    if (group !== undefined) return state === 'blocked' && isGroupNeeded(this.world, group)
    const isOfEntry = this.truth.hasEntryOf(input, 'stuck') || this.truth.hasEntryOf(input, 'held')
    return isOfEntry || this.#permissionSets.isKept(input)
  }

  #checkIndex(): void {
    for (const key of this.world.keys('attention/')) {
      const [, state, ...rest] = key.split('/')
      const input = rest.join('/')
      if (!this.world.unreadable.isSpoiled(`status/${input}.json`) && attentionOf(this.#statusOf(input)) !== state)
        this.fail(`${key} stands in the index, its status says otherwise`)
    }
  }

  #checkStatus(input: string, status: Status): void {
    const state = String(status.state)
    if (['applying', 'revoking'].includes(state)) this.fail(`${input} is still '${state}' with nothing left to do`)
    const isLink = input.startsWith('links_data/')
    if (!isLink && parsePlainFile(input, this.world.textOf(input)) === undefined && state !== 'rejected')
      this.fail(`${input} is not valid, but its status is '${state}'`)
    if (state === 'rejected' && stillOpen.safeParse(status).success)
      this.fail(`${input} is not valid, and its access is still going with nothing left to do`)
    const wrong = isLink ? this.#complainAboutLink(input, status) : undefined
    if (wrong) this.fail(`the status of ${input} ${wrong}`)
    const index = String(attentionOf(status))
    const mustWant = ['waiting', 'rejected', 'blocked', 'failed', 'stuck', 'held'].includes(index)
    if (mustWant && !this.world.objects.model.find(`attention/${index}/${input}`))
      this.fail(`${input} is '${state}', but does not stand in the index`)
  }

  #complainAboutLink(link: string, status: Status): string | undefined {
    const { objects, organizations, clock } = this.world
    const asked = [...desiredNow(objects, organizations, clock.now(), { grants: (one) => one === link })]
    const isMissing = asked.some((assignment) => this.wishes.targetOf(assignment) === undefined)
    // If a link asks for nothing, its status is not written again. It goes on naming the suspension of a user who is deleted meanwhile.
    const mayRest = asked.length === 0 || isMissing || this.wishes.isOfSuspended(link) || needsReconcile(this.world)
    if (status.atRest && (status.state !== 'waiting' || !mayRest))
      return `is '${String(status.state)}' and at rest, and it has ${asked.length} accounts`
    const states = this.#statesOf(link, asked)
    if (states && !states.includes(String(status.state)))
      return `is '${String(status.state)}', expected '${states.join("' or '")}'`
    // If the event about an account was lost, and another link already gave the access, only a count differs.
    if (status.state !== 'applied' || !states || needsReconcile(this.world)) return undefined
    const counts = JSON.stringify({ desired: asked.length, applied: asked.length, open: 0, failed: [] })
    if (JSON.stringify(status.accounts) !== counts)
      return `counts ${JSON.stringify(status.accounts)}, expected ${counts}`
    const ids = asked.map((assignment) => this.wishes.targetOf(assignment)?.split(' ')[2])
    const isNamed = ids.length === 0 || ids.includes(String(status.principalId))
    return isNamed ? undefined : `names the principal ${String(status.principalId)}, expected ${ids[0]}`
  }

  /** `undefined`: unclear. */
  #statesOf(link: string, asked: readonly string[]): readonly string[] | undefined {
    const scope = scopeOf(link)
    if (!scope) return ['rejected']
    // The brake judges access that a link gave before it was overwritten as if the link were deleted.
    const held = this.truth.hasEntryOf(link, 'held') ? ['held'] : []
    const isFailed = this.truth.hasEntryOf(link, 'stuck') || this.truth.hasEntryOf(link, 'contested')
    const left = [...held, ...(isFailed ? ['failed'] : [])]
    const phase = phaseOf(this.world.textOf(link) ?? '', this.world.clock.now())
    if (phase === 'rejected') return ['rejected', ...held]
    if (phase !== 'in force') return [phase, ...left]
    if (isUnclear(this.world, scope)) return ['waiting', ...left]
    if (asked.length === 0) return needsReconcile(this.world) ? undefined : ['waiting', ...left]
    const isMissing = asked.some((assignment) => this.wishes.targetOf(assignment) === undefined)
    if (isMissing || !this.wishes.grants(link, 'possibly')) return ['waiting', ...left]
    return this.wishes.grants(link, 'certainly') ? ['applied', ...left] : undefined
  }

  #statusOf(input: string): Status | undefined {
    return this.world.readJson(`status/${input}.json`)
  }
}

type Scope = { readonly scope: string; readonly value: string }

/** Nobody knows the accounts of its selector. */
function isUnclear(world: SimulatedWorld, { scope, value }: Scope): boolean {
  return scope === 'select' && selectsNow(world, value, { id: '', name: '', parents: [], tags: {} }) === 'nobody knows'
}

/** A group stays while a file or a rule names it, or somebody is in it. */
function isGroupNeeded(world: SimulatedWorld, name: string): boolean {
  const group = world.identityStore.idOf('GROUP', name)
  const isMember = (id: PrincipalId) => group !== undefined && world.identityStore.groupIdsOf(id).includes(group)
  return (
    [...world.keys('memberships/'), ...world.keys('rules/')].some((key) => key.includes(name)) ||
    usersNow(world).some(([, id]) => isMember(id)) ||
    world.keys('links_data/').some((key) => key.includes(`%${name}%GROUP%`)) ||
    [...world.keys('assignments/'), ...world.keys('foreign/')].some((key) => key.includes(`%${group}%GROUP`))
  )
}

const stillOpen = z.object({ accounts: z.object({ open: z.int().min(1) }) })
const allStuck = z.object({ accounts: z.object({ failed: z.array(z.object({ stuck: z.literal(true) })).min(1) }) })

/** The state of an input in the index: `stuck` if every failed account is stuck, none at rest. */
function attentionOf(status: Status | undefined): unknown {
  if (status?.atRest) return undefined
  return status?.state === 'failed' && allStuck.safeParse(status).success ? 'stuck' : status?.state
}
