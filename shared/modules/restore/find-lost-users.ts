import * as z from 'zod'
import { ownedPerson, ownedPersonPrefix } from '../../domain/files/person-file.ts'
import { parseNameInKey } from '../../domain/links/name-in-key.ts'
import { principalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { KeyVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { Undecided } from './find-lost-entries.ts'
import { isSound, type LostPeopleRecord } from './find-lost-people.ts'
import { type LostSources, readSaved } from './read-saved.ts'
import { judgeLostUser, type UserEvent } from './rules/judge-lost-user.ts'

const historyPrefix = 'history/people/'
const told = z.looseObject({ user: principalId })

type ListedEvent = UserEvent & { readonly head: ObjectHead }

/**
 * Missing or unreadable records of users that ssofile made or adopted and that the directory still has. Without its record, the user would
 * count as somebody else's, and would keep all access when the file under `people/` goes. Reads only.
 */
export async function findLostUsers(context: LostSources & Pick<Ports, 'identityStore'>) {
  const { objects, versions, history, at, identityStore } = context
  const heads = await listHeads(objects, ownedPersonPrefix)
  const sound = new Set<string>()
  await forEachAtOnce(heads.keys(), async (key) => {
    if (await isSound(objects, key, ownedPerson)) sound.add(key)
  })
  const kept = new Map<string, KeyVersions>()
  for await (const one of versions.list(ownedPersonPrefix)) kept.set(one.key, one)
  const stories = await listStories(history)
  const candidates = new Set([...heads.keys(), ...kept.keys(), ...stories.keys()]).difference(sound)
  const lost: LostPeopleRecord[] = []
  const undecided: Undecided[] = []
  const deletions: Date[] = []
  await forEachAtOnce(candidates, async (key) => {
    const [over, known, events] = [heads.get(key), kept.get(key), stories.get(key) ?? []]
    const saved = known && (await readSaved(versions, known, ownedPerson, at))
    const user = judgeLostUser({ saved, savedAt: known?.versions[0]?.lastModified, events: await readIds(events) })
    if (user?.id !== undefined && (await identityStore.findUser(user.id)) !== undefined) {
      lost.push({ key, over, user })
      if (known?.deletedAt) deletions.push(known.deletedAt)
    } else if (over)
      undecided.push({ object: key, why: 'it cannot be read, and no record says that ssofile manages it' })
  })
  return { lost, undecided, deletions }

  async function readIds(events: readonly ListedEvent[]): Promise<readonly UserEvent[]> {
    const read = events.map(async ({ head, ...event }) => {
      const said = await spoiledAsAbsent(new JsonRecord(history, head.key, told).read())
      return { ...event, id: said?.value.user }
    })
    return Promise.all(read)
  }
}

/** The events of each user by the key of the record, the oldest first. */
async function listStories(history: ObjectStore): Promise<ReadonlyMap<string, readonly ListedEvent[]>> {
  const all: (ListedEvent & { readonly key: string })[] = []
  for await (const head of history.list(historyPrefix)) {
    const [folder = '', name = ''] = head.key.slice(historyPrefix.length).split('/')
    const [at = '', event = ''] = name.split('%')
    const key = ownedPersonPrefix + parseNameInKey(folder)
    all.push({ key, event: event.replace(/\.json$/, ''), at, writtenAt: head.lastModified, id: undefined, head })
  }
  all.sort((a, b) => a.writtenAt.getTime() - b.writtenAt.getTime() || Date.parse(a.at) - Date.parse(b.at))
  return Map.groupBy(all, ({ key }) => key)
}
