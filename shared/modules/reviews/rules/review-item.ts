import * as z from 'zod'
import { itemDigest, verdicts } from '../../../domain/files/decision-file.ts'
import { folderOfMembership, membershipKey, membershipPrefix } from '../../../domain/files/membership-file.ts'
import { record } from '../../../domain/json/record.ts'
import { identityOf, type Upload, uploadIdentity } from '../../../domain/links/upload.ts'
import { accountId } from '../../../domain/organization/account-id.ts'
import { permissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../domain/principals/identity-center-ids.ts'
import { principalName, principalType } from '../../../domain/principals/principal.ts'
import { scopeOf } from '../../../domain/scopes/scope.ts'
import { count } from '../../../domain/text/count.ts'
import { asked, namedPrincipal } from './reviewers.ts'

/** One upload of a file. `by`: S3's name of the uploader. */
const shownFile = record({ key: z.string(), etag: z.string(), by: z.string().optional() })
export type ShownFile = z.infer<typeof shownFile>

const shownUpload = record({ key: z.string(), etag: z.string(), ...uploadIdentity })
export type ShownUpload = z.infer<typeof shownUpload>

/** What the item keeps of an upload, to know its content again under another ETag. */
export function shownUploadOf({ key, etag, ...upload }: Pick<ShownFile, 'key' | 'etag'> & Upload): ShownUpload {
  return { key, etag, ...identityOf(upload) }
}

const access = {
  permissionSet: permissionSetName,
  principal: z.string(),
  /** Absent: nobody has the name. */
  principalId: principalId.optional(),
  type: principalType,
  accounts: z.array(accountId),
  isPrivileged: z.boolean(),
  since: z.string().optional(),
  /** The last known use by its people. Absent: none, or uses are not watched. */
  lastUsed: z.string().optional(),
}

/** What one item is about. Its owner is among its reviewers. */
export const subject = z.discriminatedUnion('kind', [
  /** One link. `accounts`: all that its scope had when the run began. */
  record({
    kind: z.literal('link'),
    scope: z.string(),
    file: shownFile,
    /** Other links that give the same access in some of these accounts, at most 20: revoking this link alone does not end it there. */
    alsoBy: z.array(z.string()).optional(),
    /** Why S3 does not return the file. Its name says which access it gives, so people revoke it, and nobody keeps it. */
    unread: z.string().optional(),
    ...access,
  }),
  /** Access of one principal that others gave. */
  record({
    kind: z.literal('foreign'),
    by: z.string().optional(),
    /** `principal` is the name when the access was found, or the id if no link can spell the name. */
    ...access,
  }),
  /** A person in a group. `files`: those that put the person there; empty: a provider, or somebody by hand. */
  record({
    kind: z.literal('membership'),
    group: z.string(),
    user: z.string(),
    groupId: principalId,
    userId: principalId,
    files: z.array(shownFile),
    /** When ssofile put the person there. Absent: a provider did, or somebody by hand. */
    since: z.string().optional(),
    /** The person's last known use of the group's access. */
    lastUsed: z.string().optional(),
    /** The group has privileged access in the scope of the review. Absent: it has none, or an earlier version wrote the item. */
    isPrivileged: z.boolean().optional(),
  }),
  /** Something that people change by hand: an eligibility, an exception, the writers of an environment. */
  record({
    kind: z.literal('setting'),
    what: z.string(),
    file: shownFile.optional(),
    remedy: z.string(),
    /** The people it is about. They do not decide on it. */
    concerns: z.array(namedPrincipal).optional(),
  }),
  /** Members or uses that could not be read: they belong to the population, and nobody can decide on them. */
  record({ kind: z.literal('unread'), what: z.string(), why: z.string() }),
])
export type Subject = z.infer<typeof subject>

/** Why a *keep* lapses: its author is suspended or gone, has the access now, or is no reviewer any more. */
export const lapses = ['barred', 'own', 'no reviewer', 'only revokes'] as const

const givenDecision = record({
  user: principalId,
  name: z.string().optional(),
  verdict: z.enum(verdicts),
  comment: z.string().optional(),
  /** The upload of the decision. `at`: by S3's clock. */
  key: z.string(),
  etag: z.string(),
  versionId: z.string().optional(),
  at: z.iso.datetime(),
  /** A *keep* that no longer counted when the run ended, because of what its author was then. */
  lapsed: z.enum(lapses).optional(),
})
export type GivenDecision = z.infer<typeof givenDecision>

/**
 * - `deleted`: the review deleted the files. `gone`: others did, and the files were gone when the run ended.
 * - `task`: a person must carry it out.
 * - `changed`: the item was edited, and `next` asks again.
 * - `kept`, `not done`: at the end of the run.
 */
const end = record({
  is: z.enum(['deleted', 'gone', 'task', 'changed', 'kept', 'not done']),
  at: z.iso.datetime(),
  /** The reviewer who decided so. Absent: nobody decided, and silence revokes. */
  by: principalId.optional(),
  next: itemDigest.optional(),
  task: z.string().optional(),
  /** The owners of a task, by name. */
  owners: z.array(z.string()).optional(),
  dueAt: z.iso.datetime().optional(),
})
export type ItemEnd = z.infer<typeof end>

/** One item of a run: the question, which never changes, and what became of it. */
export const reviewItem = record({
  digest: itemDigest,
  subject,
  /** The content of its files as they were shown, outside the digest. Absent: it has none, or an earlier version wrote the item. */
  uploads: z.array(shownUpload).optional(),
  ...asked,
  /** The digest of the item before an edit of its file. Absent: the item is one of the frozen population. */
  replaces: itemDigest.optional(),
  decisions: z.array(givenDecision).default([]),
  /** ssofile saw that all files were gone. Once one is back, it asks again. */
  goneAt: z.iso.datetime().optional(),
  /** Nobody decided until the end, and silence revokes. Written before the deletion. */
  silentAt: z.iso.datetime().optional(),
  end: end.optional(),
  /** The same permission set for the same principal, by files and records since the run began: nobody was asked about them. */
  givenSince: z.array(shownFile).optional(),
  /** The keys in history, by ids, that prove that the access ended, one for each account where it was. */
  proof: z.array(z.string()).optional(),
  /** The access is still there, or comes again: the files and records that give it. The review revoked none of these. */
  given: z.array(shownFile).optional(),
  /** When ssofile judged the revocation, or saw the task done. */
  provenAt: z.iso.datetime().optional(),
})
export type ReviewItem = z.infer<typeof reviewItem>

/** The review or others deleted its files: then its access must end. */
export function isDeleted({ end }: Pick<ReviewItem, 'end'>): boolean {
  return end?.is === 'deleted' || end?.is === 'gone'
}

/** It was revoked, and its access or task is not known to be done. */
export function isUnproven(item: Pick<ReviewItem, 'end' | 'provenAt'>): boolean {
  return item.provenAt === undefined && (isDeleted(item) || item.end?.is === 'task')
}

/** Enough people keep it, or one revokes it. */
export function isDecided(
  { decisions }: Pick<ReviewItem, 'decisions'>,
  { keeps }: { readonly keeps: number },
): boolean {
  return keepsOf({ decisions }).length >= keeps || decisions.some(({ verdict }) => verdict === 'revoke')
}

/** The decisions to keep it that count. */
export function keepsOf({ decisions }: Pick<ReviewItem, 'decisions'>): readonly GivenDecision[] {
  return decisions.filter(({ verdict, lapsed }) => verdict === 'keep' && lapsed === undefined)
}

/** Decided one by one. */
export function isPrivileged(subject: Subject): boolean {
  return 'isPrivileged' in subject && subject.isPrivileged === true
}

/** S3 does not return its file, so nobody sees what it says. */
export function isUnseen(subject: Subject): boolean {
  return subject.kind === 'link' && subject.unread !== undefined
}

/** The accounts that the item names. */
export function accountsOf(subject: Subject): readonly string[] {
  if (subject.kind === 'foreign') return subject.accounts
  const scope = subject.kind === 'link' ? scopeOf(subject.scope) : undefined
  return scope?.kind === 'account' ? [scope.id] : []
}

/** The files that a revocation deletes. */
export function filesOf(subject: Subject): readonly ShownFile[] {
  if (subject.kind === 'membership') return subject.files.filter(isOfMembership)
  return subject.kind === 'link' ? [subject.file] : []
}

/** A file as it was shown, with its content. `undefined`: the item does not know it. */
export function findShown({ uploads = [] }: Pick<ReviewItem, 'uploads'>, { key, etag }: ShownFile): Upload | undefined {
  return uploads.find((one) => one.key === key && one.etag === etag)
}

/** Whether this file, present or not, gives the item's access. */
export function isFileOf(subject: Subject, key: string): boolean {
  if (subject.kind !== 'membership') return filesOf(subject).some((file) => file.key === key)
  const names = { group: principalName.parse(subject.group), user: principalName.parse(subject.user) }
  return key === membershipKey(names, folderOfMembership(key))
}

export function isOfMembership({ key }: Pick<ShownFile, 'key'>): boolean {
  return key.startsWith(membershipPrefix)
}

/** One line for a person. */
export function describeSubject(subject: Subject): string {
  switch (subject.kind) {
    case 'link': {
      const { alsoBy = [], unread } = subject
      const notes = [
        ...(unread === undefined ? [] : ['its file could not be read']),
        ...(alsoBy.length === 0 ? [] : [`also by ${count(alsoBy.length, 'other link')}`]),
      ]
      const noted = notes.length === 0 ? '' : ` (${notes.join('; ')})`
      return `${subject.permissionSet} for ${subject.principal} (${subject.type}) in ${subject.scope}${noted}`
    }
    case 'foreign':
      return `${subject.permissionSet} for ${subject.principal} (${subject.type}) in ${subject.accounts.join(', ')}, given by others`
    case 'membership':
      return `${subject.user} in the group ${subject.group}`
    case 'setting':
      return subject.what
    case 'unread':
      return `${subject.what}: could not be read (${subject.why})`
  }
}

/**
 * How a revocation is carried out.
 *
 * | item                                    | then                                        |
 * | --------------------------------------- | ------------------------------------------- |
 * | a link                                  | its file is deleted                         |
 * | a membership by files alone             | its files are deleted                       |
 * | a membership by a rule                  | a task: change the rule                     |
 * | a membership by a provider, or by hand  | a task with the command                     |
 * | foreign access                          | a task with the commands                    |
 * | a setting                               | a task: change the file                     |
 * | unread                                  | nothing: nobody can decide it               |
 */
export function remedyOf(
  subject: Subject,
  { membershipId = '<membership id>' }: { readonly membershipId?: string | undefined } = {},
): { readonly do: 'delete' } | { readonly do: 'task'; readonly task: string } {
  switch (subject.kind) {
    case 'link':
      return { do: 'delete' }
    case 'membership': {
      const rule = subject.files.find((one) => !isOfMembership(one))
      if (rule) return { do: 'task', task: `change ${rule.key} so that it no longer matches ${subject.user}` }
      if (subject.files.length > 0) return { do: 'delete' }
      return {
        do: 'task',
        task: `take ${subject.user} out of ${subject.group} in the identity provider; without one: aws identitystore delete-group-membership --identity-store-id <identity store id> --membership-id ${membershipId}`,
      }
    }
    case 'foreign':
      return {
        do: 'task',
        task: `remove '${subject.permissionSet}' from ${subject.type} '${subject.principal}' in ${subject.accounts.join(', ')}: AWS Management Console, IAM Identity Center, AWS accounts, the account, Assigned users and groups, Remove access; or ssofile import, then delete the link`,
      }
    case 'setting':
      return { do: 'task', task: subject.remedy }
    case 'unread':
      return { do: 'task', task: `make it readable: ${subject.what}` }
  }
}
