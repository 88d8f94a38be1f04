import type { Configuration } from '../../domain/deployment/configuration.ts'
import { peoplePrefix, personKey } from '../../domain/files/person-file.ts'
import { nameInLinks, type PrincipalName } from '../../domain/principals/principal.ts'
import type { DirectoryUser, IdentityStore } from '../../ports/identity-store.ts'
import { once } from '../../ports/once.ts'
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
 * the directory, and sends those who need a step or another status to be looked at. `untilMs`: it stops then (monotonic), and the next run
 * goes on. Returns how many it sent.
 */
export async function reconcilePeople(ports: Ports, configuration: Configuration, untilMs: number): Promise<number> {
  if (configuration.directory !== 'identity-center') return 0
  const { objects } = ports
  const keys = new Set((await listHeads(objects, peoplePrefix)).keys())
  for await (const name of listOwnedPeople(objects)) keys.add(personKey(name))
  if (keys.size === 0) return 0
  const identityStore = patientIdentityStore(ports)
  const listed = new Map<PrincipalName, DirectoryUser>()
  for await (const user of listAll((token) => identityStore.listPeople(token))) {
    const name = nameInLinks(user.name, configuration.principalSuffix)
    if (name !== undefined && keys.has(personKey(name))) listed.set(user.name, user)
  }
  const now = await readNow(ports)
  const policies = new Policies(ports)
  const context = {
    ...ports,
    configuration,
    identityStore: asListed(listed, identityStore),
    policies: { read: once(() => policies.read()) },
    refusePeople: once(() => refusePeople({ objects, identityStore, configuration }, now)),
  }
  const turn = await Turn.begin(ports, 'people', cutParts([...keys].sort()))
  let sent = 0
  for await (const part of turn.walk(untilMs)) {
    const differing: string[] = []
    await forEachAtOnce(part.keys, async (key) => {
      // Whatever cannot be read of one person, that person's own look says so.
      const { isSettled } = await foresee(key, personController, context).catch(() => ({ isSettled: false }))
      if (!isSettled) differing.push(key)
    })
    await sendInputs(ports, differing, 'reconcile', configuration)
    sent += differing.length
  }
  return sent
}

/** The directory as this listing shows it: whoever is not in it is not there. */
function asListed(listed: ReadonlyMap<PrincipalName, DirectoryUser>, identityStore: IdentityStore): IdentityStore {
  const byId = new Map([...listed.values()].map((user) => [user.id, user]))
  return asWrapped(
    wrapPort(identityStore, (_operation, call) => call(), {
      findPrincipalId: async (_type, name) => listed.get(name)?.id,
      findUser: async (id) => byId.get(id),
    }),
  )
}

/** `keys`: ascending. */
function cutParts(keys: readonly string[]): readonly (NamedPart & { readonly keys: readonly string[] })[] {
  const starts = Array.from({ length: Math.ceil(keys.length / peopleAtOnce) }, (_, nth) => nth * peopleAtOnce)
  return starts.map((start) => {
    const part = keys.slice(start, start + peopleAtOnce)
    return { name: part.at(-1) ?? '', keys: part }
  })
}
