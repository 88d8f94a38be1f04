import { type OwnedPerson, type PersonFile, parsePersonKey } from '../../domain/files/person-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { type ProfileField, profileFields } from '../../domain/principals/person-profile.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { expiryIndex } from '../../reconcile/records/expiry-index.ts'
import { listTimed } from '../../reconcile/records/list-timed.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { ownedPersonRecords } from '../people/owned-people.ts'
import { dueOf } from '../people/rules/decide-person.ts'
import { type Both, type Foretold, readBoth } from './foretell.ts'

/**
 * `wait`: for `startsAt`. `end`: the person will count as suspended. `ended`: the person does, and the user is deleted.
 * `renamed`: somebody changed the user by hand, and nothing changes.
 */
export type PersonChange = {
  readonly name: PrincipalName
  readonly change: 'create' | 'adopt' | 'change' | 'return' | 'wait' | 'end' | 'ended' | 'renamed' | 'rejected'
  /** The fields that change. */
  readonly fields?: readonly ProfileField[]
  /** When it begins (`wait`), began (`end`) or the user is deleted (`ended`). */
  readonly at?: string | undefined
  readonly endsAt?: string | undefined
  readonly deleteAfterDays?: number | undefined
  readonly reason?: string | undefined
}

/** The planned changes of people by their files. */
export async function listPersonChanges(foretold: Foretold): Promise<readonly PersonChange[]> {
  const changes: PersonChange[] = []
  // An ended person whose user is deleted later has an instant in the index.
  const timed = await Array.fromAsync(listTimed(foretold.before, expiryIndex.at), ({ subject }) => subject)
  for (const key of [...new Set([...foretold.inputs, ...timed])].sort()) {
    const named = parsePersonKey(key)
    if (!named.ok) continue
    const records = await readBoth(
      foretold,
      async (from) => (await ownedPersonRecords.of(from, named.value).read())?.value,
    )
    const found = await readParsedInput(foretold.before, key, kinds.person)
    const file = found?.file.ok ? found.file.value : undefined
    const told = await spoiledAsAbsent(readStatus(foretold.objects, key))
    const change = describeChange({ ...records, file, told, writes: foretold.directory.writes })
    if (change) changes.push({ name: named.value, ...change })
  }
  return changes
}

type Happened = Both<OwnedPerson> & {
  readonly file: PersonFile | undefined
  readonly told: Pick<Status, 'state' | 'reason'> | undefined
  readonly writes: Foretold['directory']['writes']
}

/** The first row that fits counts. */
function describeChange({ was, is, file, told, writes }: Happened): Omit<PersonChange, 'name'> | undefined {
  const { state, reason } = told ?? {}
  const terms = { endsAt: file?.endsAt, deleteAfterDays: file?.deleteAfterDays ?? is?.deleteAfterDays }
  const changed = writes.flatMap((one) => (one.id === is?.id && one.change ? [one.change] : []))
  const fields = profileFields.filter((field) => changed.some((change) => field in change))
  const due = was && dueOf(was)
  if (state === 'rejected' || state === 'blocked') return { change: 'rejected', reason }
  if (state === 'failed') return { change: 'renamed', reason }
  if (is?.id !== undefined && is.id !== was?.id)
    return is.isAdopted ? { change: 'adopt', fields, ...terms } : { change: 'create', ...terms }
  if (was?.ended === undefined && is?.ended) return { change: 'end', ...terms, at: file?.endsAt }
  if (was?.ended && is && is.ended === undefined) return { change: 'return', fields, ...terms }
  if (due && (is === undefined || is.ended)) return { change: 'ended', at: renderInstant(due) }
  if (fields.length > 0) return { change: 'change', fields, ...terms }
  return state === 'waiting' && file?.startsAt !== undefined
    ? { change: 'wait', at: file.startsAt, ...terms }
    : undefined
}
