import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { ItemDigest } from '../../domain/files/decision-file.ts'
import { membershipKeys } from '../../domain/files/membership-file.ts'
import { asksAnew, identityOf, isSameUpload, rebindOf, type Upload } from '../../domain/links/upload.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { FoundObject, ObjectHead, ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { arnOfReview, noteDeletion } from '../../reconcile/records/deletion-notes.ts'
import { RecordChangedError } from '../../reconcile/records/json-record.ts'
import { digestOf, folderOf, itemRecord, readItem, readPresent, readUpload } from './review-records.ts'
import type { ItemState } from './rules/decide-end.ts'
import {
  filesOf,
  findShown,
  type ItemEnd,
  isUnseen,
  type ReviewItem,
  remedyOf,
  type ShownFile,
  type ShownUpload,
  type Subject,
  shownUploadOf,
} from './rules/review-item.ts'
import type { ReviewRun } from './rules/review-record.ts'
import { whoDecides } from './rules/reviewers.ts'

/** How long the owner of a task has. */
const taskMs = 30 * 24 * 60 * 60_000

type ShownItem = Pick<ReviewItem, 'subject' | 'uploads'>
type Reading = { readonly objects: ReadingObjects; readonly configuration: Pick<Configuration, 'folders'> }

/**
 * `folder`: that of the run. A membership may have files of several folders: it is as shown while one of them is, so writers of other folders
 * void nothing.
 *
 * | the files of the item now                             | the item |
 * | ----------------------------------------------------- | -------- |
 * | another question counts in its place                  | changed  |
 * | it has none: foreign, by a provider, a setting        | as shown |
 * | all are absent                                        | gone     |
 * | all were absent before                                | changed  |
 * | one is as shown                                       | as shown, or unseen if S3 does not return it |
 * | any other                                             | changed  |
 */
export async function readItemState(
  item: ShownItem & Pick<ReviewItem, 'digest' | 'replaces' | 'goneAt'>,
  { folder, ...context }: Reading & { readonly folder: string },
): Promise<ItemState> {
  const { subject } = item
  if (subject.kind === 'unread') return 'unread'
  if (await findSibling(item, folder, context)) return 'changed'
  if (filesOf(subject).length === 0) return 'as shown'
  const present = await findPresent(subject, context)
  if (present.length === 0) return 'gone'
  if (item.goneAt !== undefined) return 'changed'
  for (const head of present)
    if (await findAsShown(item, head, context)) return isUnseen(subject) ? 'unseen' : 'as shown'
  return 'changed'
}

/**
 * The present upload of a file, if it says what was shown. A sync from a fresh checkout uploads every file again, and with a KMS key each
 * upload has another ETag.
 *
 * | its ETag | the item knows the content | the body of the present upload        | says what was shown |
 * | -------- | -------------------------- | ------------------------------------- | ------------------- |
 * | same     |                            |                                       | unless it asks to count as new |
 * | other    | yes                        | has the same content or value         | unless it asks to count as new |
 * | other    | yes                        | is another one, or cannot be read     | no                  |
 * | other    | no: nobody could read it   |                                       | no                  |
 */
async function findAsShown(
  item: ShownItem,
  head: FoundObject,
  { objects }: Pick<Reading, 'objects'>,
): Promise<(ObjectHead & Upload) | undefined> {
  const shown = filesOf(item.subject).find(({ key }) => key === head.key)
  if (shown === undefined) return undefined
  const known = findShown(item, shown)
  if (head.etag === shown.etag) {
    const isAsked = known !== undefined && asksAnew(known, { rebind: rebindOf(head.metadata) })
    return isAsked ? undefined : { ...head, ...identityOf(known ?? {}) }
  }
  if (known === undefined) return undefined
  const found = await readPresent(objects, head.key)
  // It goes at this moment: nobody has edited it.
  if (found === undefined) return head
  return isSameUpload(known, found) ? found : undefined
}

/**
 * The digest of the question that counts instead. A process that asks again writes the question first, and may die then. The next one finds
 * a later upload, or the one before the edit. So only the end of the edited item says which question counts.
 */
async function findSibling(
  { digest, replaces }: Pick<ReviewItem, 'digest' | 'replaces'>,
  folder: string,
  { objects }: Pick<Reading, 'objects'>,
): Promise<ItemDigest | undefined> {
  const end = replaces && (await readItem(objects, folder, replaces))?.value.end
  return end && end.next !== digest ? (end.next ?? replaces) : undefined
}

/** The files of the item that are there now; for a membership also those in other folders. */
export async function findPresent(subject: Subject, { objects, configuration }: Reading) {
  const keys = new Set(filesOf(subject).map(({ key }) => key))
  if (subject.kind === 'membership') {
    const names = { group: principalName.parse(subject.group), user: principalName.parse(subject.user) }
    for (const key of membershipKeys(names, configuration.folders)) keys.add(key)
  }
  const present: FoundObject[] = []
  for (const key of keys) {
    const head = await objects.head(key)
    if (head) present.push(head)
  }
  return present
}

type Ending = {
  readonly step: 'kept' | 'not done' | 'gone' | 'ask again' | 'carry out'
  /** The reviewer whose decision it is. Absent: nobody decided. */
  readonly by?: PrincipalId | undefined
  readonly at: Date
  readonly review: string
  readonly run: ReviewRun
}
type Performing = { readonly objects: ObjectStore } & Pick<Reading, 'configuration'> & {
    readonly identityStore: Pick<IdentityStore, 'getGroupMembershipId'>
  }

/**
 * Gives an item its end. A person's revocation deletes the files that give the access, whatever they say now and in whichever folder;
 * silence deletes them if one of them says what was shown. Or it describes the task. The loops of links and
 * memberships then take the access away, with brake, minimums and history, as after any deletion. Throws RecordChangedError if somebody
 * edited a file meanwhile.
 */
export async function performEnd(item: ReviewItem, ending: Ending, context: Performing): Promise<ItemEnd> {
  const { step } = ending
  const at = renderInstant(ending.at)
  if (step === 'ask again') return { is: 'changed', at, next: await askAgain(item, ending, context) }
  return step === 'carry out' ? revoke(item, ending, context) : { is: step, at }
}

/** The files that give this access now, with their content. */
async function readFiles(subject: Subject, context: Reading) {
  const files: ShownFile[] = []
  const uploads: ShownUpload[] = []
  let unread: string | undefined
  for (const { key } of await findPresent(subject, context)) {
    const upload = await readPresent(context.objects, key)
    if (upload === undefined) continue
    unread = upload.unread
    files.push((await readUpload(context.objects, upload)).file)
    uploads.push(shownUploadOf(upload))
  }
  return { files, uploads, unread }
}

/** Adds the item as it is now to the run. */
async function askAgain(item: ReviewItem, { review, run }: Ending, context: Performing): Promise<ItemDigest> {
  const { subject: before, reviewers, next, left, revokers, passedOver, digest: replaces } = item
  const folder = folderOf(review, run.run)
  const sibling = await findSibling(item, folder, context)
  if (sibling) return sibling
  const { files, uploads, unread } = await readFiles(before, context)
  const [file] = files
  const subject: Subject =
    before.kind === 'membership'
      ? { ...before, files }
      : before.kind === 'link' && file
        ? { ...before, file, unread }
        : before
  const of = { reviewers, next, left, revokers, passedOver }
  const digest = digestOf(folder, { subject, ...of, replaces })
  const asked = { digest, subject, uploads, ...of, replaces, decisions: [] }
  await itemRecord(context.objects, folder, digest).write(asked, undefined)
  return digest
}

async function revoke(item: ReviewItem, { by, at, review, run }: Ending, context: Performing): Promise<ItemEnd> {
  const { objects, identityStore } = context
  const { subject, decisions } = item
  const isOfProvider = subject.kind === 'membership' && subject.files.length === 0
  const membershipId = isOfProvider
    ? await identityStore.getGroupMembershipId(subject.groupId, subject.userId)
    : undefined
  const remedy = remedyOf(subject, { membershipId })
  if (remedy.do === 'task') {
    const owners = whoDecides(item, run).map(({ name }) => name)
    const dueAt = renderInstant(new Date(at.getTime() + taskMs))
    return { is: 'task', at: renderInstant(at), by, task: remedy.task, owners, dueAt }
  }
  const arn = arnOfReview(review, by && (decisions.find(({ user }) => user === by)?.name ?? by))
  const uploads: (ObjectHead & Upload)[] = []
  let isShown = by !== undefined
  for (const head of await findPresent(subject, context)) {
    const shown = await findAsShown(item, head, context)
    isShown ||= shown !== undefined
    uploads.push(shown ?? (await readPresent(objects, head.key)) ?? head)
  }
  for (const upload of uploads) {
    const { key, etag } = upload
    if (!isShown) throw new RecordChangedError(key)
    await noteDeletion(objects, upload, { arn })
    if ((await objects.delete(key, { ifMatch: etag })) === 'lost' && (await objects.head(key)) !== undefined)
      throw new RecordChangedError(key)
  }
  return { is: 'deleted', at: renderInstant(at), by }
}
