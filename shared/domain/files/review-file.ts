import * as z from 'zod'
import { unusedDaysMost } from '../account-facts/tracked-days.ts'
import { type JsonRules, optional, required, rule } from '../json/json-faults.ts'
import { jsonNames } from '../json/json-names.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { type Scope, scopeOf } from '../scopes/scope.ts'
import { complainAboutName, nameForm } from '../scopes/selector-name.ts'
import { type Parsed, parsed, refused } from '../statuses/complaint.ts'
import { givenInstant } from '../text/instant.ts'
import { line } from '../text/one-line.ts'

export const reviewPrefix = 'reviews/'
export const reviewMostBytes = 64 * 1024

const name = line(1024).min(1)
const globs = z.array(z.string().min(1).max(256)).max(100)
const names = z.array(name).max(50).default([])
/** Names as in links. */
const people = z.strictObject({ groups: names, users: names })
const days = (most: number) => z.int().min(1).max(most)

/** One file under `reviews/`: the scope, the reviewers, the end, and the meaning of silence. */
export const reviewFileSchema = z
  .strictObject({
    /** Editors use it. */
    $schema: z.string().optional(),
    description: z.string().max(700).optional(),
    /** As in links: `ou_id%ou-…`. */
    scopes: z
      .array(z.string().refine((text) => scopeOf(text) !== undefined))
      .min(1)
      .max(500)
      .default(['root%all']),
    permissionSets: globs.min(1).default(['*']),
    /** Only permission sets that allow everything, or only access that others gave. */
    only: z.enum(['privileged', 'foreign']).optional(),
    /** Only what its people have not used for so many days. If uses were watched for a shorter time, nothing counts as unused. */
    unusedDays: days(unusedDaysMost).optional(),
    /** Only the own access and the memberships of people who left a group since this date. */
    movedSince: z.iso.date().optional(),
    /** The groups whose members are reviewed. */
    groups: globs.default([]),
    reviewers: z.strictObject({
      /** The key of an account tag. Its value is the name of a group or a user. */
      ownerTag: z.string().min(1).max(128).optional(),
      /** The owner in the file of the link or the group. */
      owners: z.boolean().default(false),
      /** The owner in the file of a link may keep its access too. Without it that owner may only revoke, because the uploader wrote it. */
      uploadersNameOwners: z.boolean().default(false),
      /** They review items without an owner. */
      named: people.default({ groups: [], users: [] }),
      /** They review items without any other reviewer, and undecided ones. */
      fallback: people.refine(({ groups, users }) => groups.length + users.length > 0),
    }),
    /** So many people must keep an item. One is enough to revoke it. */
    keeps: z.int().min(1).max(5).default(1),
    begins: givenInstant.optional(),
    lastsDays: days(90),
    /** So many days before its end. */
    remindDays: z.array(days(89)).max(5).default([7, 1]),
    silence: z.strictObject({ escalateDays: days(90), means: z.enum(['revoke', 'not-done']) }),
    /** From one beginning to the next. */
    repeatDays: days(1_100).optional(),
  })
  .refine(({ lastsDays, silence, repeatDays }) => (repeatDays ?? Infinity) > lastsDays + silence.escalateDays, {
    path: ['repeatDays'],
  })
export type ReviewFile = z.infer<typeof reviewFileSchema>

export const { keyOf: reviewKey, nameIn: nameInReviewKey, isKey: isReviewKey } = jsonNames(reviewPrefix)

/** The name of a review, from its key. */
export function parseReviewKey(key: string): Parsed<string> {
  const complaint = complainAboutName(key, reviewPrefix, nameForm)
  return complaint ? refused(complaint) : parsed(nameInReviewKey(key))
}

export function parseReviewFile(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<ReviewFile> {
  const limit = { mostBytes: reviewMostBytes, remedy: 'divide it into several reviews' }
  return parseJsonFile({ key, body, sizeBytes }, limit, reviewFileSchema, reviewRules)
}

export function scopesOf({ scopes }: Pick<ReviewFile, 'scopes'>): readonly Scope[] {
  return scopes.flatMap((text) => scopeOf(text) ?? [])
}

/** Without it the review asks about more, and silence may revoke more. */
const narrowing = (expected: string) => rule(expected, 'correct it; without it the review asks about more')
const nameOf = (what: string) => `the name of a ${what}, 1 to 1,024 characters without control characters`
const somePeople = 'an object with groups and users, such as {"groups": ["security"]}'
const aGlob = 'a text of 1 to 256 characters, in which * stands for any characters and ? for one'

export const reviewRules: JsonRules = {
  $: required('one JSON object with reviewers, lastsDays and silence; all else may be absent'),
  '$.$schema': optional('the path of the schema'),
  '$.description': optional('a text of at most 700 characters'),
  '$.scopes': narrowing('a list of 1 to 500 scopes'),
  '$.scopes.[]': narrowing('a scope as in links, such as "root%all", "ou_id%ou-abcd-12345678" or "select%name"'),
  '$.permissionSets': narrowing('a list of 1 to 100 globs'),
  '$.permissionSets.[]': narrowing(aGlob),
  '$.only': narrowing('"privileged" or "foreign"'),
  '$.unusedDays': narrowing(`a whole number of days, 1 to ${unusedDaysMost}`),
  '$.movedSince': narrowing('a date, such as "2027-01-04"'),
  '$.groups': optional('a list of at most 100 globs'),
  '$.groups.[]': optional(aGlob),
  '$.reviewers': required('an object with fallback, and perhaps ownerTag, owners, uploadersNameOwners and named'),
  '$.reviewers.ownerTag': optional('the key of a tag of accounts, whose value names a group or a user'),
  '$.reviewers.owners': optional('true or false'),
  '$.reviewers.uploadersNameOwners': optional('true or false'),
  '$.reviewers.named': optional(somePeople),
  '$.reviewers.named.groups': optional('a list of at most 50 names'),
  '$.reviewers.named.groups.[]': optional(nameOf('group')),
  '$.reviewers.named.users': optional('a list of at most 50 names'),
  '$.reviewers.named.users.[]': optional(nameOf('user')),
  '$.reviewers.fallback': required(`${somePeople}, at least one of them`),
  '$.reviewers.fallback.groups': optional('a list of at most 50 names'),
  '$.reviewers.fallback.groups.[]': optional(nameOf('group')),
  '$.reviewers.fallback.users': optional('a list of at most 50 names'),
  '$.reviewers.fallback.users.[]': optional(nameOf('user')),
  '$.keeps': optional('a whole number from 1 to 5'),
  '$.begins': optional('an instant with an offset, such as "2027-01-04T08:00:00+01:00"'),
  '$.lastsDays': required('a whole number of days, 1 to 90'),
  '$.remindDays': optional('a list of at most 5 numbers of days'),
  '$.remindDays.[]': optional('a whole number of days before the end, 1 to 89'),
  '$.silence': required('an object with escalateDays and means'),
  '$.silence.escalateDays': required('a whole number of days, 1 to 90'),
  '$.silence.means': required('"revoke" or "not-done"; silence keeps nothing'),
  '$.repeatDays': optional('a whole number of days, more than lastsDays and escalateDays together, at most 1,100'),
}
