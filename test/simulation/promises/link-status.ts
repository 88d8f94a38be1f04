import { isContestedLink } from '../contested.ts'
import { desiredNow, grantsNow, scopeOf } from '../desired.ts'
import { selectsNow } from '../selector-actions.ts'
import type { SimulatedWorld } from '../simulated-world.ts'

/** What is known of a link besides its file. */
export type LinkFacts = {
  /** To whom a USER link is bound. `unknown`: nobody was told yet, and only the ledger knows. */
  readonly bound: 'to who bears its name' | 'to somebody else' | 'unknown'
  /** What an assignment `account permissionSet principal TYPE` is in Identity Center; `undefined`: a name stands for nothing. */
  targetOf(assignment: string): string | undefined
  /** A file suspends the user who bears its name. */
  readonly isOfSuspended: boolean
  /** Access that it gave is held by the brake, or stuck on an account that takes no changes. */
  readonly isHeld: boolean
  readonly isStuck: boolean
}

/** Nobody knows which accounts its selector means. */
export function isUnclear(world: SimulatedWorld, { scope, value }: { scope: string; value: string }): boolean {
  return scope === 'select' && selectsNow(world, value, { id: '', name: '', parents: [], tags: {} }) === 'nobody knows'
}

const instantOf = (body: string, name: 'expiresAt' | 'notBefore'): number => {
  try {
    return Date.parse(JSON.parse(body)[name])
  } catch {
    return Number.NaN
  }
}

/** What is wrong with the status of a link that is there, when nothing moves any more. */
export function complainAboutLinkStatus(
  world: SimulatedWorld,
  link: string,
  status: Readonly<Record<string, unknown>>,
  facts: LinkFacts,
): string | undefined {
  const { objects, organizations, clock } = world
  const asked = [...desiredNow(objects, organizations, clock.now(), { grants: (one) => one === link })]
  const states = statesAtRest(world, link, asked, facts)
  const state = String(status.state)
  const mayRest = asked.length === 0 || facts.isOfSuspended || world.needsReconcile
  if (status.atRest && (state !== 'waiting' || !mayRest))
    return `the status of ${link} is '${state}' and at rest, and it has ${asked.length} accounts`
  if (state === 'failed' && isContestedLink(link, world)) return undefined
  if (states && !states.includes(state))
    return `the status of ${link} is '${state}', expected '${states.join("' or '")}'`
  // Where a lost event told of an account whose access another link gave already, nothing differs but a count.
  if (state !== 'applied' || !states || world.needsReconcile) return undefined
  const counts = { desired: asked.length, applied: asked.length, open: 0, failed: [] }
  if (JSON.stringify(status.accounts) !== JSON.stringify(counts))
    return `the status of ${link} counts ${JSON.stringify(status.accounts)}, expected ${JSON.stringify(counts)}`
  const ids = asked.map((assignment) => facts.targetOf(assignment)?.split(' ')[2])
  return ids.length === 0 || ids.includes(String(status.principalId))
    ? undefined
    : `the status of ${link} names the principal ${String(status.principalId)}, expected ${ids[0]}`
}

/** `undefined`: nobody can say. */
function statesAtRest(
  world: SimulatedWorld,
  link: string,
  asked: readonly string[],
  facts: LinkFacts,
): readonly string[] | undefined {
  const { objects, clock } = world
  const scope = scopeOf(link)
  if (!scope) return ['rejected']
  const now = clock.now()
  const body = Buffer.from(objects.model.find(link)?.body ?? []).toString()
  const left = [...(facts.isHeld ? ['held'] : []), ...(facts.isStuck ? ['failed'] : [])]
  if (!grantsNow(body, now)) {
    const [beginsMs, endsMs] = [instantOf(body, 'notBefore'), instantOf(body, 'expiresAt')]
    const rejected = ['rejected', ...(facts.isHeld ? ['held'] : [])]
    if (endsMs <= beginsMs) return rejected
    if (now.getTime() >= endsMs) return ['expired', ...left]
    if (now.getTime() < beginsMs) return ['waiting', ...left]
    return rejected
  }
  if (isUnclear(world, scope)) return ['waiting', ...left]
  if (asked.length === 0) return world.needsReconcile ? undefined : ['waiting', ...left]
  if (asked.some((assignment) => facts.targetOf(assignment) === undefined)) return ['waiting', ...left]
  if (facts.bound === 'unknown') return undefined
  return [facts.bound === 'to somebody else' ? 'waiting' : 'applied', ...left]
}
