import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { rulePrefix } from '../../domain/files/rule-file.ts'
import { queuesOfPeople } from '../../domain/inputs/kind.ts'
import { isOfPeople, isOfRequest, placesOf, subjectOf } from '../../domain/inputs/kinds.ts'
import { type InputMessage, inputMessage } from '../../domain/links/input-message.ts'
import { attentionStates } from '../../domain/statuses/status.ts'
import type { Log } from '../../ports/log.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Queues } from '../../ports/queues.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { asWrapped, wrapPort } from '../../reconcile/calls/wrap-port.ts'
import { followInstants, type SentInstants } from '../../reconcile/records/expiry-index.ts'
import { sendInputs } from '../../reconcile/records/inputs.ts'
import { pauseRecord } from '../../reconcile/records/pause.ts'
import { listInState } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { noteChangedUsers } from '../../reconcile/records/stored-listing.ts'
import { openInputs } from '../input-context.ts'
import { controllerOf } from '../modules.ts'
import { findMembership } from '../people/membership-index.ts'
import { compareTold } from '../requests/list-requests.ts'
import { ProposedDirectory } from './proposed-directory.ts'
import { ProposedObjects } from './proposed-objects.ts'

/** The bucket and the directory after ssofile has handled every input of people that wants it. */
export type Foretold = Readonly<Awaited<ReturnType<typeof foretell>>>

const worksAtOnce = 16
/** A person may join by a rule that waits for another one. More rounds than any bucket needs. */
const roundsMost = 10

/**
 * Runs the product's own controllers on copies of the bucket and of the directory, until no input wants anything: the plan is
 * what happens there. Writes nothing outside this process, and leaves a pause aside. Throws if it cannot read something.
 */
export async function foretell(ports: Ports, configuration: Configuration) {
  const objects = new ProposedObjects(withoutHistory(ports.objects), ports.clock.now())
  await objects.delete(pauseRecord.at)
  const directory = new ProposedDirectory(patientIdentityStore(ports), (id) => findMembership(objects, id))
  const pending = new PendingInputs()
  const copies: Ports = {
    ...ports,
    ...{ objects, identityStore: asWrapped(directory), ssoAdmin: onlyReading(ports.ssoAdmin) },
    queues: onlyReading(ports.queues, { send: pending.send }),
    ...{ log: silent, metrics: { record() {} }, eventBus: undefined },
  }
  const inputs = new Set<string>()
  const sent: SentInstants = new Map()
  // An event of the directory wakes whoever waits for a user or a group; one of S3 tells of a file that ssofile wrote.
  const countChanges = () =>
    directory.writes.length + listPlaces().flatMap((place) => objects.listChanged(place)).length
  for (let round = 0; round < roundsMost; round++) {
    const before = countChanges()
    await noteChangedUsers(copies, directory.changedUsers)
    await followInstants(copies, configuration, sent)
    await sendInputs(copies, await listWanting(objects), 'plan', configuration)
    await work(pending, copies, configuration, inputs)
    if (countChanges() === before) break
  }
  return {
    /** The bucket before. */
    before: ports.objects,
    objects,
    directory,
    /** The ports of the run, on these copies: nothing is called that writes, and nobody is told. */
    ports: copies,
    /** The inputs that it handled. Ascending. */
    inputs: [...inputs].sort(),
  }
}

export type Both<T> = { readonly was: T | undefined; readonly is: T | undefined }

/** One of ssofile's records before and after. Treats a spoiled record as absent. */
export async function readBoth<T>(
  { before, objects }: Pick<Foretold, 'before' | 'objects'>,
  read: (from: ObjectStore) => Promise<T | undefined>,
): Promise<Both<T>> {
  return { was: await spoiledAsAbsent(read(before)), is: await spoiledAsAbsent(read(objects)) }
}

/** Requests wait for people. Links and permission sets have plans of their own. */
function isForetold(key: string): boolean {
  return isOfPeople(key) && !isOfRequest(key)
}

function listPlaces(): readonly string[] {
  return placesOf(({ at }) => isForetold(at))
}

/** Inputs that the minute, the sweep or the hour would look at, by listings alone. */
async function listWanting(objects: ObjectStore): Promise<readonly string[]> {
  const places = listPlaces()
  const { files, untold, outdated } = await compareTold(objects, places, -1)
  const rules = [...files.keys()].filter((key) => key.startsWith(rulePrefix))
  const unsettled = attentionStates.flatMap((state) => places.map((place) => ({ state, place })))
  const listed = await pLimit(worksAtOnce).map(unsettled, ({ state, place }) => listInState(objects, state, place))
  return [...new Set([...untold, ...outdated, ...rules, ...listed.flat()])].sort()
}

async function work(pending: PendingInputs, ports: Ports, configuration: Configuration, inputs: Set<string>) {
  const context = { ...openInputs(ports, configuration), isForetelling: true, sentMs: undefined }
  for (let messages = pending.take(); messages.length > 0; messages = pending.take()) {
    const bySubject = Map.groupBy(messages, ({ key }) => subjectOf(key))
    await pLimit(worksAtOnce).map(bySubject.values(), async (those) => {
      for (const message of those) {
        inputs.add(message.key)
        await controllerOf(message.key)(message, context)
      }
    })
  }
}

/** The messages about inputs of people, each once. All other messages go nowhere. */
class PendingInputs {
  readonly #urgent = new Map<string, InputMessage>()
  readonly #other = new Map<string, InputMessage>()

  readonly send: Queues['send'] = async (queue, messages) => {
    if (!queuesOfPeople.some((one) => one === queue)) return
    const pending = queue === 'urgent' ? this.#urgent : this.#other
    for (const { body } of messages) {
      const message = inputMessage.parse(JSON.parse(body))
      const { key, user = '' } = message
      if (isForetold(key)) pending.set(`${key} ${user}`, message)
    }
  }

  /** The urgent ones first, and by key, so that every run is the same. */
  take(): readonly InputMessage[] {
    const pending = this.#urgent.size > 0 ? this.#urgent : this.#other
    const taken = [...pending].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, message]) => message)
    pending.clear()
    return taken
  }
}

/** A bucket without history and reports: no controller decides by them, and the role of a plan may not read them. */
function withoutHistory(objects: ObjectStore): ObjectStore {
  const isTold = (key: string) => ['history/', 'changes/', 'reports/'].some((prefix) => key.startsWith(prefix))
  return wrapPort(objects, (_, call) => call(), {
    head: async (key) => (isTold(key) ? undefined : objects.head(key)),
    get: async (key, options) => (isTold(key) ? undefined : objects.get(key, options)),
  })
}

/** Inputs of people change nothing there. If one tries, the plan fails. */
function onlyReading<P extends object>(port: P, overrides: Partial<P> = {}): P {
  const refuseWrites: Parameters<typeof wrapPort>[1] = async (operation, call) => {
    if (!/^(list|describe|get|find|instance)/.test(operation)) throw new Error(`a plan would call ${operation}`)
    return call()
  }
  return wrapPort(port, refuseWrites, overrides)
}

const silent: Log = { with: () => silent, info() {}, warn() {}, error() {} }
