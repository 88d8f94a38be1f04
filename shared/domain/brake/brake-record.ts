import * as z from 'zod'
import { assignmentKey } from '../assignments/assignment.ts'
import { record } from '../json/record.ts'
import { permissionSetName } from '../permission-sets/permission-set-name.ts'
import { heldContents } from './held-contents.ts'

/**
 * `own`: the granting links were withdrawn. `indirect`: the links are there, and something else removes the access. `minimum`:
 * fewer people would keep a permission set in an account than a policy demands. Nothing is counted for that: it is judged again
 * each time, by what is there. `people`: files of one uploader suspend more people than is plausible, or
 * more users are to be deleted.
 * `memberships`: more people would be taken out of groups than files of one folder may take out, or one rule.
 * `attributes`: the file takes attributes for access control away, or gives them other sources. Nothing is counted for that either.
 * `retirements`: an account owner makes more credentials inactive, or deletes more, than is plausible.
 */
export const brakeRules = ['own', 'indirect', 'minimum', 'people', 'memberships', 'attributes', 'retirements'] as const

/**
 * What is counted together. `own` counts links by folder, and edits of permission sets by uploader; `people` counts people by
 * uploader, by their ids, and under `everything` those who are deleted. What is done to credentials counts for the account owner who asks for it. An `indirect` revocation
 * counts, in each folder of the links that granted it, for its cause and for all causes; and for everything, which is the last
 * resort: it lets twice as much pass as each of the others. So no folder uses up what another may lose for the same cause.
 */
export const brakeCauses = [
  'folder',
  'account',
  'principal',
  'permission set',
  'selector',
  'rule',
  'configuration',
  'uploader',
  'account owner',
  'everything',
  'file',
] as const

const scope = {
  rule: z.enum(brakeRules),
  cause: z.enum(brakeCauses),
  /**
   * Of the folder (absent: directly under `links_data/`), the account, the principal, the permission set, the selector, the
   * group of the rule, the account owner or the uploader (absent: it is not known).
   */
  name: z.string().optional(),
  /** Of links, where something else than the folder is the cause. Absent: directly under `links_data/`. */
  folder: z.string().optional(),
}

export type Scope = z.infer<z.ZodObject<typeof scope>>

/** Why links that are there grant an assignment no longer. */
export type Cause = Pick<Scope, 'cause' | 'name'>

/** A window begins with the first revocation that is counted after the window before it ended. */
const brakeWindow = record({
  ...scope,
  since: z.iso.datetime(),
  /**
   * The clock of the dispatcher when it began, which dates what it grants. It may differ from S3's, so that what was granted
   * before is told by this one. Absent in windows of older versions.
   */
  clockAt: z.iso.datetime().optional(),
  /**
   * How many links of the folder, or entries of the ledger, granted something before it began. It is counted when more
   * would pass than without it.
   */
  base: z.int().min(0).optional(),
  /** The links, ledger entries, permission sets, people or memberships that passed. Each counts once, however often it is tried. */
  counted: z.array(z.string()),
  /** When a flood was last seen in it. It ends its whole length after that, so that no flood can outlast it. */
  busyAt: z.iso.datetime().optional(),
})

export type BrakeWindow = z.infer<typeof brakeWindow>

/** One list of what is held, and why. It is released as a whole, and apart from all others. */
const brakeList = record({
  ...scope,
  since: z.iso.datetime(),
  base: z.int().min(0),
  limit: z.int().min(0),
  /** How long its window lasts. */
  minutes: z.number(),
  /** Counted before the limit was reached. */
  passed: z.int().min(0),
  /** What a policy has against it, where that is the rule. */
  objection: z.string().optional(),
  /** The links, assignments, people, memberships or changes of attributes that exceed the limit. */
  items: z.array(z.string()),
  /** Sorted. Each assignment stands on one list only. */
  held: z.array(assignmentKey),
})

export type BrakeList = z.infer<typeof brakeList>

/** A person released these: for an hour from `at` (S3's clock) they pass without being counted. */
const brakeRelease = record({
  digest: z.string(),
  at: z.iso.datetime(),
  by: z.string(),
  /** Whether a hint was sent for each of them. */
  hinted: z.boolean(),
  /**
   * The rule of the list; `contents`: a file was held. Only its own release lets go what a policy's minimum holds. Older versions wrote
   * `minimum` or nothing, and items in other fields: of their releases the keys count.
   */
  rule: z.enum([...brakeRules, 'contents']).default('own'),
  keys: z.array(assignmentKey),
  /** What else the list had: people by id, memberships as `<group>%<user name>`, changes of attributes, acts on credentials. */
  items: z.array(z.string()).default([]),
  /** Its file was held, and is what was released. */
  permissionSet: permissionSetName.optional(),
})

/** The content of `control/brake.json`. Every instant is S3's. Only a person releases a list. */
export const brakeRecord = record({
  lists: z.array(brakeList),
  /** Files of permission sets, one of a name. Absent in files of older versions. */
  contents: z.array(heldContents).default([]),
  windows: z.array(brakeWindow),
  releases: z.array(brakeRelease),
  /**
   * Access that may go although a policy demands a minimum, each by its key. Its entry may not say so yet, and
   * another dispatcher may judge the next one.
   */
  leaving: z.array(record({ access: z.string(), at: z.iso.datetime() })).optional(),
})

export type BrakeRecord = z.infer<typeof brakeRecord>

export const emptyBrake: BrakeRecord = { lists: [], contents: [], windows: [], releases: [] }

export function isSameScope(a: Scope, b: Scope): boolean {
  return a.rule === b.rule && a.cause === b.cause && a.name === b.name && a.folder === b.folder
}
