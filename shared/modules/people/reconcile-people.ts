import type { Configuration } from '../../domain/deployment/configuration.ts'
import { peoplePrefix, personKey } from '../../domain/files/person-file.ts'
import { nameInLinks, type PrincipalName } from '../../domain/principals/principal.ts'
import { portionsOf } from '../../domain/text/portions.ts'
import type { DirectoryUser, IdentityStore } from '../../ports/identity-store.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { asWrapped, wrapPort } from '../../reconcile/calls/wrap-port.ts'
import { refusePeople } from '../../reconcile/directory/refuse-people.ts'
import { foresee } from '../../reconcile/inputs/reconcile-input.ts'
import { sendInputs } from '../../reconcile/records/inputs.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { Policies } from '../../reconcile/records/policies.ts'
import { type NamedPart, Turn } from '../../reconcile/records/turns.ts'
import { listOwnedPeople } from './owned-people.ts'
import { personController } from './person-controller.ts'

/** The people of a part: some seconds' reads of S3. */
const peopleAtOnce = 1_000

/**
 * Runs every hour, for changes without an event. Foresees the first step for each of our people, with one listing of all users in place of
 * the directory. Sends only the people who need a step or another status. `untilMs`: it begins no part after this time (monotonic), and
 * the next run goes on. Returns how many it sent.
 */
export async function reconcilePeople(ports: Ports, configuration: Configuration, untilMs: number): Promise<number> {
  if (configuration.directory !== 'identity-center') return 0
  const { objects, log } = ports
  const keys = new Set((await listHeads(objects, peoplePrefix)).keys())
  for await (const name of listOwnedPeople(objects)) keys.add(personKey(name))
  if (keys.size === 0) return 0
  const identityStore = patientIdentityStore(ports)
  const refusal = await refusePeople({ objects, identityStore, configuration }, await readNow(ports))
  const guardrails = await new Policies(ports).read()
  const isOurs = ({ name: whole }: DirectoryUser) => {
    const name = nameInLinks(whole, configuration.principalSuffix)
    return name !== undefined && keys.has(personKey(name))
  }
  const context = {
    ...ports,
    configuration,
    // If everything is refused, no user matters.
    identityStore: refusal ? identityStore : await listUsers(isOurs, identityStore),
    policies: { read: async () => guardrails },
    refusePeople: async () => refusal,
  }
  const turn = await Turn.begin(ports, 'people', cutParts([...keys].sort()))
  let sent = 0
  await turn.each(untilMs, async (part) => {
    const differing: string[] = []
    const unread: unknown[] = []
    await forEachAtOnce(part.keys, async (key) => {
      // The look reports what could not be read of this person.
      const settled = await foresee(key, personController, context).catch((error: unknown) => void unread.push(error))
      if (!settled?.isSettled) differing.push(key)
    })
    if (unread.length > 0)
      log.warn('ssofile could not compare some people, and looks at each', { people: unread.length, error: unread[0] })
    await sendInputs(ports, differing, 'reconcile', configuration)
    sent += differing.length
  })
  return sent
}

/** The directory with its users listed once. Asks for a user who is not among them: somebody may have renamed or deleted the user. */
async function listUsers(
  isOurs: (user: DirectoryUser) => boolean,
  identityStore: IdentityStore,
): Promise<IdentityStore> {
  const byName = new Map<PrincipalName, DirectoryUser>()
  for await (const user of listAll((token) => identityStore.listPeople(token)))
    if (isOurs(user)) byName.set(user.name, user)
  const byId = new Map([...byName.values()].map((user) => [user.id, user]))
  return asWrapped(
    wrapPort(identityStore, (_operation, call) => call(), {
      findPrincipalId: async (_type, name) => byName.get(name)?.id,
      findUser: async (id) => byId.get(id) ?? identityStore.findUser(id),
    }),
  )
}

/** `keys`: ascending. */
function cutParts(keys: readonly string[]): readonly (NamedPart & { readonly keys: readonly string[] })[] {
  return portionsOf(keys, peopleAtOnce).map((part) => ({ name: part.at(-1) ?? '', keys: part }))
}
