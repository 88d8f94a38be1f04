import { renderAssignmentName } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type WatchedUse, watchedUses } from '../../domain/guardrails/policy-file.ts'
import { countedDays, findWatches } from '../../domain/guardrails/watched.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { once } from '../../ports/once.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { findActor } from '../../reconcile/directory/find-actor.ts'
import { People } from '../../reconcile/directory/people.ts'
import { listKnown } from '../../reconcile/records/foreign-assignments.ts'
import { Policies } from '../../reconcile/records/policies.ts'
import { isAdministratorByFile } from '../../reconcile/records/read-permission-set-file.ts'
import { Suspensions } from '../../reconcile/records/suspensions.ts'
import { tellFinding } from '../../reconcile/records/tell-event.ts'
import { findUnknownUses, notKnown } from '../usage/find-unknown-uses.ts'
import { daysBefore } from '../usage/rules/person-uses.ts'
import type { Use } from '../usage/rules/use.ts'
import { readLastUses, readWatched } from '../usage/use-records.ts'

const reasons: Readonly<Record<WatchedUse, string>> = {
  suspended: 'a use by somebody who is suspended, disabled or gone',
  'without-access': 'a use without access on record: it was revoked, others gave it, or the event is forged',
  'first-administrator': 'the first known use, by this person, of a permission set that allows everything',
  first: 'the first known use of the permission set by this person',
  any: 'a use',
}

/**
 * Tells at once about uses of one person that a policy watches. Changes no access: anybody can forge an event. Call it before the uses are
 * recorded: then no crash loses one, and a first use is the first one.
 */
export function watchUses(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
) {
  const { objects, clock } = ports
  const policies = new Policies(ports)
  const identityStore = patientIdentityStore(ports)
  return async (user: PrincipalId, uses: readonly Use[]): Promise<void> => {
    const guardrails = await policies.read()
    const suspensions = new Suspensions({ objects, policies })
    const actor = once(() => findActor(user, { identityStore, suspensions, principalSuffix }, { needsName: false }))
    const known = once(() => readLastUses(ports, [user]))
    const watched = once(() => readWatched(ports))
    const holders = once(async () => new Set([user, ...(await new People(identityStore).groupsOf(user))]))
    const first = async ({ permissionSet, at }: Use) => {
      const { since } = await watched()
      if (since === undefined || since > daysBefore(clock.now(), countedDays)) return false
      return !(await known()).uses.some((one) => one.permissionSet === permissionSet && one.first < at)
    }
    const facts: Readonly<Record<WatchedUse, (use: Use) => Promise<boolean>>> = {
      suspended: async () => (await actor()).bar !== undefined,
      'without-access': async ({ account, permissionSet }) => {
        for await (const { assignment } of listKnown(objects, `account%${account}%${permissionSet}%`))
          if ((await holders()).has(assignment.principalId)) return false
        return true
      },
      'first-administrator': async (use) =>
        (await first(use)) && (await isAdministratorByFile(objects, use.permissionSet)),
      first,
      any: async () => true,
    }
    for (const use of uses) {
      const place = { accountId: use.account, permissionSet: use.permissionSet }
      const watching = findWatches(guardrails, place)
      for (const kind of watchedUses.filter((one) => watching.has(one))) {
        if (!(await facts[kind](use))) continue
        const principal = principalName.safeParse((await actor()).user?.name).data ?? principalName.parse(user)
        const name = renderAssignmentName({ ...place, type: 'USER', principal })
        const isUnknown = (await findUnknownUses(objects, [use])).size > 0
        const what = isUnknown ? `${reasons[kind]}, of access ${notKnown}` : reasons[kind]
        const reason = `${what}, by ${use.by}${use.from ? ` from ${use.from}` : ''} (${watching.get(kind)})`
        await tellFinding(objects, { event: 'use-watched', at: use.at, name }, reason)
        break
      }
    }
  }
}
