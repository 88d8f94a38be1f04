import pLimit from 'p-limit'
import * as z from 'zod'
import { hygieneFileMostBytes, hygieneKey, parseHygieneFile } from '../../domain/files/hygiene-file.ts'
import type { ReviewFile } from '../../domain/files/review-file.ts'
import { placesWrittenBy } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderScope } from '../../domain/scopes/scope.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { forEachKnown } from '../../reconcile/records/foreign-assignments.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { readInput } from '../../reconcile/records/read-input.ts'
import { readStored, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { EligibilityFiles } from '../requests/eligibility-files.ts'
import type { Frozen } from './freeze-reviewers.ts'
import type { Subject } from './rules/review-item.ts'
import type { NamedPrincipal } from './rules/reviewers.ts'

type SettingQuestion = { readonly subject: Extract<Subject, { kind: 'setting' }> }
type SettingSources = { readonly objects: ObjectStore; readonly eligibilityFiles: EligibilityFiles }

/** Eligibilities, writers, responders and exceptions: only in a review of all access in the whole organization. */
export async function gatherSettings(
  file: ReviewFile,
  frozen: Frozen,
  sources: SettingSources,
): Promise<readonly SettingQuestion[]> {
  const { only, unusedDays, movedSince, scopes: places, permissionSets: sets } = file
  const isNarrow = (only ?? unusedDays ?? movedSince) !== undefined
  if (isNarrow || !places.includes('root%all') || !sets.includes('*')) return []
  const { objects, eligibilityFiles } = sources
  const { eligibilities: files } = await eligibilityFiles.read()
  const eligibilities = await pLimit(readsAtOnce).map([...files], async ([name, read]): Promise<SettingQuestion> => {
    const key = `eligibility/${name}.json`
    if (!read.ok) return setting(`${key}, which could not be read`, `correct or delete ${key}`)
    const { for: whom, permissionSets, scopes } = read.value
    const who = [...whom.groups, ...whom.users].join(', ')
    const what = `${who} may ask for ${permissionSets.join(', ')} in ${scopes.map(renderScope).join(', ')} (${key})`
    return setting(what, `change or delete ${key}`, await frozen.concerned(whom))
  })
  const found = await readInput(objects, hygieneKey, { mostBytes: hygieneFileMostBytes })
  const hygiene = found && 'body' in found ? parseHygieneFile(found.body, found.size) : undefined
  const unreadHygiene =
    found && !hygiene?.ok ? [setting(`${hygieneKey}, which could not be read`, `correct or delete ${hygieneKey}`)] : []
  const exceptions = hygiene?.ok
    ? await pLimit(readsAtOnce).map(
        hygiene.value.exceptions,
        async ({ account, name, reason, expiresAt, owner }): Promise<SettingQuestion> =>
          setting(
            `${name} in ${account} is excepted until ${expiresAt} (${reason}; owner ${owner})`,
            `delete the exception of ${name} in ${account} from ${hygieneKey}`,
            await frozen.concerned({ groups: [owner], users: [owner] }),
          ),
      )
    : []
  return [...eligibilities, ...exceptions, ...unreadHygiene, ...(await gatherWriters(objects))]
}

const writersKey = 'reports/writers.json'
/** Who may write where, as the deployment set the bucket up. Only ssofile writes this file. */
const placeWriters = z.looseObject({
  writers: z.array(z.looseObject({ prefix: z.string(), people: z.array(z.string()) })),
})
const remedy = 'change access in environments/<environment>.json, and deploy'
const namesMost = 20

/**
 * One item for each principal that may write for others, with the people who have its permission set. What people write under their own id
 * concerns only them.
 */
async function gatherWriters(objects: ObjectStore): Promise<readonly SettingQuestion[]> {
  const told = (await spoiledAsAbsent(readStored(objects, writersKey, placeWriters)))?.value.writers ?? []
  const own = new Set<string>(placesWrittenBy('oneself'))
  const places = new Map<string, string[]>()
  for (const { prefix, people } of told.filter((one) => !own.has(one.prefix)))
    for (const arn of people) places.set(arn, [...(places.get(arn) ?? []), prefix])
  if (places.size === 0)
    return [
      ...['the writers of governance, people and operators', 'the responders of break-glass'].map((what) =>
        setting(`${what}: access in the file of the environment`, remedy),
      ),
    ]
  const holders = await findHolders([...places.keys()], objects)
  return [...places].map(([arn, prefixes]) => {
    const concerns = holders.get(arn) ?? []
    const names = concerns.slice(0, namesMost).map(({ name }) => name)
    const more = concerns.length > namesMost ? ` and ${concerns.length - namesMost} more` : ''
    const who = names.length === 0 ? '' : `: ${names.join(', ')}${more}`
    return setting(`${arn} may write ${prefixes.join(', ')}${who}`, remedy, concerns)
  })
}

/** The users and groups that have the permission set of a role of Identity Center, by ssofile's records. Others are no such role. */
async function findHolders(
  arns: readonly string[],
  objects: ObjectStore,
): Promise<ReadonlyMap<string, readonly NamedPrincipal[]>> {
  const wanted = new Map<string, string>()
  for (const arn of arns) {
    const [, account, set] = /^arn:[^:]*:iam::(\d{12}):role\/.*AWSReservedSSO_(.+)_[^_]*$/.exec(arn) ?? []
    if (set !== undefined) wanted.set(`${account}%${set}`, arn)
  }
  const found = new Map<string, Map<PrincipalId, NamedPrincipal>>()
  if (wanted.size === 0) return new Map()
  const names = await NameIndex.read(objects)
  await forEachKnown(objects, ({ assignment: { accountId, permissionSet, type, principalId: id } }) => {
    const arn = wanted.get(`${accountId}%${permissionSet}`)
    if (arn === undefined) return
    const known = found.get(arn) ?? new Map<PrincipalId, NamedPrincipal>()
    found.set(arn, known.set(id, { type, id, name: names.namesOf(type, id)[0] ?? id }))
  })
  return new Map(Array.from(found, ([arn, known]) => [arn, [...known.values()]]))
}

function setting(what: string, how: string, concerns: readonly NamedPrincipal[] = []): SettingQuestion {
  return { subject: { kind: 'setting', what, remedy: how, ...(concerns.length > 0 && { concerns: [...concerns] }) } }
}
