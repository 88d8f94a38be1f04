import * as z from 'zod'
import { type JsonRules, optional, required } from '../json/json-faults.ts'
import { jsonNames } from '../json/json-names.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { type Scope, scopeOf } from '../scopes/scope.ts'
import { complainAboutName, nameForm } from '../scopes/selector-name.ts'
import { type Complaint, type Parsed, parsed, refused } from '../statuses/complaint.ts'
import { isoDuration, isoDurationForm, parseIsoDuration } from '../text/iso-duration.ts'
import { line } from '../text/one-line.ts'
import { type WeeklyTime, weekdays, weeklyTime } from './weekly-time.ts'

export const eligibilityPrefix = 'eligibility/'
export const eligibilityFileMostBytes = 64 * 1024
/** With more files, nobody knows which count, so ssofile grants nothing. */
export const eligibilitiesMost = 10_000

const name = line(1024).min(1)
const names = (most: number) => z.array(name).max(most)
const people = { groups: names(50).optional(), users: names(500).optional() }
const namesSomebody = (said: { groups?: string[] | undefined; users?: string[] | undefined }) =>
  (said.groups?.length ?? 0) + (said.users?.length ?? 0) > 0

const approvers = z
  .strictObject({
    ...people,
    /** The key of an account tag. Its value is the name of a group or a user. */
    ownerTag: z.string().min(1).max(128).optional(),
  })
  .refine((said) => namesSomebody(said) || said.ownerTag !== undefined)
const approvedByItself = z
  .strictObject({ groups: names(50).min(1).optional(), times: z.array(weeklyTime).min(1).max(20).optional() })
  .refine(({ groups, times }) => groups !== undefined || times !== undefined)

export const requestNeeds = ['reason', 'ticket', 'incident'] as const
export type RequestNeed = (typeof requestNeeds)[number]

/** One file under `eligibility/`: who may ask for which access, for how long, and who approves it. */
export const eligibilityFileSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  description: z.string().max(700).optional(),
  /** Exact names of groups and users, as in links. */
  for: z.strictObject(people).refine(namesSomebody),
  /** Globs. */
  permissionSets: z.array(z.string().min(1).max(100)).min(1).max(100),
  /** As in links: `ou_id%ou-…`. */
  scopes: z
    .array(z.string().refine((text) => scopeOf(text) !== undefined))
    .min(1)
    .max(500),
  longest: isoDuration,
  approvers: approvers.optional(),
  /** The number of different approvers. */
  approvals: z.int().min(0).max(5).default(1),
  needs: z.array(z.enum(requestNeeds)).max(3).optional(),
  ticketPattern: z.string().min(1).max(200).optional(),
  /** How far ahead a request may ask to begin. Absent: it begins when it is granted. */
  mayStartLater: isoDuration.optional(),
  /** Members of these groups need no approval, and nobody needs one at these times. */
  approvedByItself: approvedByItself.optional(),
  /** How long a request waits for approvals. */
  lapsesAfter: isoDuration.default('PT24H'),
  /** When the access ends, ssofile ends running sessions too. */
  endsSessions: z.boolean().optional(),
})

export type Eligibility = {
  readonly key: string
  readonly name: string
  readonly description?: string | undefined
  readonly for: { readonly groups: readonly string[]; readonly users: readonly string[] }
  readonly permissionSets: readonly string[]
  readonly scopes: readonly Scope[]
  readonly longestMs: number
  readonly approvers: {
    readonly groups: readonly string[]
    readonly users: readonly string[]
    readonly ownerTag?: string | undefined
  }
  /** 0: nobody approves, so only requests that approve themselves are granted. */
  readonly approvals: number
  readonly needs: readonly RequestNeed[]
  readonly ticketPattern?: string | undefined
  readonly mayStartLaterMs?: number | undefined
  readonly approvedByItself?: { readonly groups: readonly string[]; readonly times: readonly WeeklyTime[] } | undefined
  readonly lapsesAfterMs: number
  readonly endsSessions: boolean
}

/** Every eligibility in the bucket, by name. An invalid one, or one that S3 does not return, has a complaint. */
export type Eligibilities = ReadonlyMap<string, Parsed<Eligibility>>

export const {
  keyOf: eligibilityKey,
  nameIn: nameInEligibilityKey,
  isKey: isEligibilityKey,
} = jsonNames(eligibilityPrefix)

export function parseEligibilityFile(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<Eligibility> {
  const misnamed = complainAboutName(key, eligibilityPrefix, nameForm)
  if (misnamed) return refused(misnamed)
  const limit = { mostBytes: eligibilityFileMostBytes, remedy: 'name groups in place of users, or divide it' }
  const read = parseJsonFile({ key, body, sizeBytes }, limit, eligibilityFileSchema, eligibilityRules)
  if (!read.ok) return read
  const fault = findContradiction(read.value)
  if (fault) return refused({ object: key, ...fault })
  return parsed(toEligibility(key, read.value))
}

/** With more files than allowed, nobody knows which count. */
export function tooManyEligibilities(keys: readonly string[]): Eligibilities {
  const complain = (object: string): Complaint => ({
    object,
    received: `one of ${keys.length} files`,
    expected: `at most ${eligibilitiesMost}`,
    remedy: 'join those that say the same, with groups, globs and scopes',
  })
  return new Map(keys.map((key) => [nameInEligibilityKey(key), refused(complain(key))]))
}

type Said = z.infer<typeof eligibilityFileSchema>

function findContradiction(said: Said): Omit<Complaint, 'object'> | undefined {
  const { approvals, approvers: who, approvedByItself: alone, ticketPattern, needs = [] } = said
  if (approvals === 0 && alone === undefined)
    return {
      received: '"approvals": 0 without approvedByItself',
      expected: 'at least one approval, or approvedByItself',
      remedy: 'write "approvals": 1 and approvers, or add approvedByItself with groups or times',
    }
  if (approvals > 0 && who === undefined)
    return {
      received: `"approvals": ${approvals} without approvers`,
      expected: 'who approves: groups, users or the ownerTag of the account',
      remedy: 'add approvers, such as "approvers": { "groups": ["security"] }',
    }
  const isOfUsers = who !== undefined && !who.groups?.length && who.ownerTag === undefined
  if (isOfUsers && new Set(who.users).size < approvals)
    return {
      received: `"approvals": ${approvals} and fewer users who approve`,
      expected: 'at least as many approvers as approvals',
      remedy: 'name more users or a group, or ask for fewer approvals',
    }
  if (ticketPattern !== undefined && !needs.includes('ticket'))
    return {
      received: 'ticketPattern without "ticket" in needs',
      expected: 'both or none',
      remedy: 'add "needs": ["ticket"], or leave ticketPattern out',
    }
  return undefined
}

function toEligibility(key: string, said: Said): Eligibility {
  const { approvers: who = {}, approvedByItself: alone } = said
  return {
    key,
    name: nameInEligibilityKey(key),
    description: said.description,
    for: { groups: said.for.groups ?? [], users: said.for.users ?? [] },
    permissionSets: said.permissionSets,
    scopes: said.scopes.flatMap((text) => scopeOf(text) ?? []),
    longestMs: parseIsoDuration(said.longest) ?? 0,
    approvers: { groups: who.groups ?? [], users: who.users ?? [], ownerTag: who.ownerTag },
    approvals: said.approvals,
    needs: requestNeeds.filter((need) => said.needs?.includes(need)),
    ticketPattern: said.ticketPattern,
    mayStartLaterMs: said.mayStartLater === undefined ? undefined : parseIsoDuration(said.mayStartLater),
    approvedByItself: alone && { groups: alone.groups ?? [], times: alone.times ?? [] },
    lapsesAfterMs: parseIsoDuration(said.lapsesAfter) ?? 0,
    endsSessions: said.endsSessions ?? false,
  }
}

const aName = 'a name as IAM Identity Center has it: 1 to 1,024 characters without control characters'

/** The message for each field of an eligibility that breaks a rule. */
export const eligibilityRules: JsonRules = {
  $: required('one JSON object with for, permissionSets, scopes, longest and approvers'),
  '$.$schema': optional('the path of the schema'),
  '$.description': optional('a text of at most 700 characters'),
  '$.for': required('an object with groups, users or both, and at least one name'),
  '$.for.groups': optional('a list of at most 50 names of groups'),
  '$.for.groups.[]': optional(aName),
  '$.for.users': optional('a list of at most 500 names of users'),
  '$.for.users.[]': optional(aName),
  '$.permissionSets': required('a list of 1 to 100 globs, in which * stands for any characters and ? for one'),
  '$.permissionSets.[]': optional('a glob of 1 to 100 characters, such as "*-ReadOnly"'),
  '$.scopes': required('a list of 1 to 500 scopes'),
  '$.scopes.[]': {
    ...optional(
      `a scope as in links, such as "root%all", "ou_id%ou-abcd-12345678", "account%123456789012", "account_tag%key^value" or "select%name"`,
    ),
    wanted: 'a scope',
  },
  '$.longest': { ...required(`how long access lasts at most: ${isoDurationForm}`), wanted: 'a duration' },
  '$.approvers': optional('an object with groups, users or ownerTag, and somebody in it'),
  '$.approvers.groups': optional('a list of at most 50 names of groups'),
  '$.approvers.groups.[]': optional(aName),
  '$.approvers.users': optional('a list of at most 500 names of users'),
  '$.approvers.users.[]': optional(aName),
  '$.approvers.ownerTag': optional('the key of a tag of accounts, whose value names a group or a user'),
  '$.approvals': optional('a whole number from 0 to 5'),
  '$.needs': optional('a list of "reason", "ticket" and "incident"'),
  '$.needs.[]': optional('"reason", "ticket" or "incident"'),
  '$.ticketPattern': optional('a pattern in which # stands for a digit, ? for one character and * for any'),
  '$.mayStartLater': { ...optional(`how far ahead a request may begin: ${isoDurationForm}`), wanted: 'a duration' },
  '$.approvedByItself': optional('an object with groups, times or both, and something in each'),
  '$.approvedByItself.groups': optional('a list of 1 to 50 names of groups'),
  '$.approvedByItself.groups.[]': optional(aName),
  '$.approvedByItself.times': optional('a list of 1 to 20 times of the week'),
  '$.approvedByItself.times.[]': optional('an object with days, from, until and zone, where from and until differ'),
  '$.approvedByItself.times.[].days': required(`a list of ${weekdays.map((day) => `"${day}"`).join(', ')}`),
  '$.approvedByItself.times.[].days.[]': optional(`one of ${weekdays.join(', ')}`),
  '$.approvedByItself.times.[].from': required('a time of day, such as "18:00"'),
  '$.approvedByItself.times.[].until': required('a time of day, such as "08:00", or "24:00"'),
  '$.approvedByItself.times.[].zone': required('a time zone such as "Europe/Berlin" or "UTC"'),
  '$.lapsesAfter': { ...optional(`how long a request waits for approvals: ${isoDurationForm}`), wanted: 'a duration' },
  '$.endsSessions': optional('true or false'),
}
