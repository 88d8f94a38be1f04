import type { Configuration } from '../../domain/deployment/configuration.ts'
import { membershipKeys } from '../../domain/people/membership-file.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import { filesOf, type ReviewItem, remedyOf, type ShownFile, type Subject } from '../../domain/reviews/review-item.ts'
import type { ReviewOutcome, ReviewRun } from '../../domain/reviews/review-record.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { readStatus } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { addItem, digestOf } from './review-records.ts'

/** How long the owner of a task has. */
const taskMs = 30 * 24 * 60 * 60_000

type Reading = { readonly objects: ReadingObjects; readonly configuration: Pick<Configuration, 'folders'> }

/**
 * | the files of the item now                             | the item |
 * | ----------------------------------------------------- | -------- |
 * | it has none: foreign, by a provider, a setting        | as shown |
 * | all are absent                                        | gone     |
 * | one has other content, or another file asks for the same membership | changed |
 * | any other                                             | as shown |
 */
export async function readItemState(
  { subject }: ReviewItem,
  context: Reading,
): Promise<'as shown' | 'changed' | 'gone'> {
  const shown = filesOf(subject)
  if (shown.length === 0) return 'as shown'
  const present = await listPresent(subject, context)
  if (present.length === 0) return 'gone'
  const isShown = ({ key, etag }: ShownFile) => shown.some((one) => one.key === key && one.etag === etag)
  return present.every(isShown) ? 'as shown' : 'changed'
}

/** The files that give this access now. */
async function listPresent(
  subject: Subject,
  { objects, configuration: { folders } }: Reading,
): Promise<readonly ShownFile[]> {
  const keys = new Set(filesOf(subject).map(({ key }) => key))
  if (subject.kind === 'membership') {
    const names = {
      group: principalName.safeParse(subject.group).data,
      user: principalName.safeParse(subject.user).data,
    }
    if (isNamed(names)) for (const key of membershipKeys(names, folders)) keys.add(key)
  }
  const present: ShownFile[] = []
  for (const key of keys) {
    const head = await objects.head(key)
    if (head === undefined) continue
    const told = await spoiledAsAbsent(readStatus(objects, key))
    present.push({ key, etag: head.etag, by: told?.etag === head.etag ? told.by?.principalId : undefined })
  }
  return present
}

function isNamed(names: {
  readonly group: PrincipalName | undefined
  readonly user: PrincipalName | undefined
}): names is { readonly group: PrincipalName; readonly user: PrincipalName } {
  return names.group !== undefined && names.user !== undefined
}

function withFiles(subject: Subject, files: readonly ShownFile[]): Subject {
  const [file] = files
  if (subject.kind === 'membership') return { ...subject, files: [...files] }
  return subject.kind === 'link' && file ? { ...subject, file } : subject
}

/** Adds the item as it is now to the run. Returns the end of the old one. */
export async function askAgain(
  item: ReviewItem,
  { folder, at }: { readonly folder: string; readonly at: Date },
  { objects, configuration }: { readonly objects: ObjectStore } & Pick<Reading, 'configuration'>,
): Promise<NonNullable<ReviewOutcome['end']>> {
  const { subject: before, reviewers, digest: replaces } = item
  const files = await listPresent(before, { objects, configuration })
  const subject = withFiles(before, files)
  const next = digestOf(folder, subject, replaces)
  await addItem(objects, folder, { digest: next, subject, reviewers, replaces })
  return { is: 'changed', at: renderInstant(at), next }
}

/**
 * Deletes the files of the item as they were shown, or describes the task. The loops of links and memberships then take the access away,
 * with brake, minimums and history, as after any deletion. Throws RecordChangedError if somebody edited a file meanwhile.
 */
export async function carryOut(
  item: ReviewItem,
  {
    by,
    at,
    terms,
  }: { readonly by: ReviewOutcome['decisions'][number]['user'] | undefined; readonly at: Date } & Pick<
    ReviewRun,
    'terms'
  >,
  {
    objects,
    identityStore,
  }: { readonly objects: ObjectStore; readonly identityStore: Pick<IdentityStore, 'getGroupMembershipId'> },
): Promise<NonNullable<ReviewOutcome['end']>> {
  const { subject, reviewers } = item
  const isOfProvider = subject.kind === 'membership' && subject.files.length === 0
  const membershipId = isOfProvider
    ? await identityStore.getGroupMembershipId(subject.groupId, subject.userId)
    : undefined
  const remedy = remedyOf(subject, { membershipId })
  if (remedy.do === 'task') {
    const owners = reviewers.length > 0 ? reviewers : terms.reviewers.fallback
    const dueAt = renderInstant(new Date(at.getTime() + taskMs))
    return { is: 'task', at: renderInstant(at), by, task: remedy.task, owners, dueAt }
  }
  for (const { key, etag } of filesOf(subject))
    if ((await objects.delete(key, { ifMatch: etag })) === 'lost' && (await objects.head(key)) !== undefined)
      throw new RecordChangedError(key)
  return { is: 'deleted', at: renderInstant(at), by }
}
