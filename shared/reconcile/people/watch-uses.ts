import { renderAssignmentName } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type WatchedUse, watchedUses } from '../../domain/guardrails/policy-file.ts'
import { countedDays, findWatchedUses } from '../../domain/guardrails/watched.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { daysBefore } from '../../domain/usage/person-uses.ts'
import type { Use } from '../../domain/usage/use.ts'
import { once } from '../../ports/once.ts'
import type { Ports } from '../../ports/ports.ts'
import { People } from '../access/people.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { listKnown } from '../records/foreign-assignments.ts'
import { Policies } from '../records/policies.ts'
import { isAdministratorByFile } from '../records/read-permission-set-file.ts'
import { Suspensions } from '../records/suspensions.ts'
import { tellFinding } from '../records/tell-event.ts'
import { findActor } from '../requests/find-actor.ts'
import { readLastUses, readWatched } from '../usage/last-uses.ts'

type WatchPorts = Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>

const reasons: Readonly<Record<WatchedUse, string>> = {
  suspended: 'a use by somebody who is suspended, disabled or gone',
  'without-access': 'a use without access on record: it was revoked, or others gave it',
  'first-administrator': 'the first known use, by this person, of a permission set that allows everything',
  first: 'the first known use of the permission set by this person',
  any: 'a use',
}

/**
 * Tells at once about uses of one person that a policy watches. Changes no access: anybody can forge an event. Call it before the uses are
 * recorded: then no crash loses one, and a first use is the first one.
 */
export function watchUses(ports: WatchPorts, { principalSuffix }: Pick<Configuration, 'principalSuffix'>) {
  const { objects } = ports
  const policies = new Policies(ports)
  const identityStore = patientIdentityStore(ports)
  return async (user: PrincipalId, uses: readonly Use[]): Promise<void> => {
    const guardrails = await policies.read()
    const suspensions = new Suspensions({ objects, policies })
    const actor = once(() => findActor(user, { identityStore, suspensions, principalSuffix }, { needsName: false }))
    const facts = factsOf(user, actor, { ...ports, identityStore })
    for (const use of uses) {
      const watching = findWatchedUses(guardrails, { accountId: use.account, permissionSet: use.permissionSet })
      for (const kind of watchedUses.filter((one) => watching.has(one))) {
        if (!(await facts[kind](use))) continue
        const { user: known } = await actor()
        const assignment = { accountId: use.account, permissionSet: use.permissionSet, type: 'USER' as const }
        const principal = principalName.safeParse(known?.name).data ?? principalName.parse(user)
        const name = renderAssignmentName({ ...assignment, principal })
        const reason = `${reasons[kind]}, by ${use.by}${use.from ? ` from ${use.from}` : ''} (${watching.get(kind)})`
        await tellFinding(objects, { event: 'use-watched', at: use.at, name }, reason)
        break
      }
    }
  }
}

function factsOf(
  user: PrincipalId,
  actor: () => ReturnType<typeof findActor>,
  { objects, clock, identityStore }: WatchPorts,
): Readonly<Record<WatchedUse, (use: Use) => Promise<boolean>>> {
  const known = once(() => readLastUses({ objects, clock }, [user]))
  const watched = once(() => readWatched({ objects, clock }))
  const groups = once(async () => new Set(await new People(identityStore).groupsOf(user)))
  const first = async ({ permissionSet, at }: Use) => {
    const { since } = await watched()
    if (since === undefined || since > daysBefore(clock.now(), countedDays)) return false
    return !(await known()).some((one) => one.permissionSet === permissionSet && one.first < at)
  }
  const isOwn = async ({ account, permissionSet }: Use) => {
    for await (const { assignment } of listKnown(objects, `account%${account}%${permissionSet}%`))
      if (assignment.principalId === user || (await groups()).has(assignment.principalId)) return true
    return false
  }
  return {
    suspended: async () => (await actor()).bar !== undefined,
    'without-access': async (use) => !(await isOwn(use)),
    'first-administrator': async (use) =>
      (await first(use)) && (await isAdministratorByFile(objects, use.permissionSet)),
    first,
    any: async () => true,
  }
}
