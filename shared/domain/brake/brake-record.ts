import * as z from 'zod'
import { type AssignmentKey, assignmentKey } from '../assignments/assignment.ts'
import { record } from '../json/record.ts'
import { permissionSetName } from '../permission-sets/permission-set-name.ts'
import type { Names } from '../text/sorted-names.ts'
import { heldContents } from './held-contents.ts'

/**
 * - `own`: the granting links were withdrawn.
 * - `indirect`: the links are there, but something else removes the access.
 * - `minimum`: fewer people would keep a permission set in an account than a policy demands. Nothing is counted: each evaluation
 *   judges it again.
 * - `people`: the files of one uploader suspend too many people, or too many users would be deleted.
 * - `memberships`: the files of one folder, or one rule, would take too many people out of groups.
 * - `attributes`: the file removes attributes for access control, or changes their sources. Nothing is counted here either.
 * - `retirements`: an account owner makes too many credentials inactive, or deletes too many.
 */
export const brakeRules = ['own', 'indirect', 'minimum', 'people', 'memberships', 'attributes', 'retirements'] as const

/**
 * The acts that count together:
 * - `own`: links by folder, or by the review that revoked them and by all reviews together, and edits of permission sets by uploader.
 * - `people`: people by uploader, by their ids; deleted users under `everything`.
 * - `retirements`: acts on credentials by the account owner who asks for them.
 * - `indirect`: users, or groups, that vanished from the directory, by their ids; and in each folder of the granting links, for the cause and for all causes; and under `everything`, the last resort, which
 *   lets twice as much pass. So no folder uses up another folder's limit for the same cause.
 */
export const brakeCauses = [
  'folder',
  'account',
  'principal',
  'directory',
  'permission set',
  'selector',
  'rule',
  'review',
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
   * The name of the folder (absent: directly under `links_data/`), the account, the principal, the type of those that vanished, the permission set, the selector, the
   * group of the rule, the review (absent: all reviews together), the account owner or the uploader (absent: unknown).
   */
  name: z.string().optional(),
  /** The folder of the links, if something else is the cause. Absent: directly under `links_data/`. */
  folder: z.string().optional(),
}

export type Scope = z.infer<z.ZodObject<typeof scope>>

/** Why existing links stopped granting an assignment. */
export type Cause = Pick<Scope, 'cause' | 'name'>

/** A window begins with the first counted revocation after the end of the window before it. */
const brakeWindow = record({
  ...scope,
  since: z.iso.datetime(),
  /**
   * The dispatcher's time at the beginning. The dispatcher dates its grants by this clock, which may differ from S3's, so compare
   * grants with this time. Absent in a plan.
   */
  clockAt: z.iso.datetime().optional(),
  /**
   * How many links of the folder, or entries of the ledger, granted something before the window began. ssofile counts it only when more
   * acts would pass than a window without a base allows.
   */
  base: z.int().min(0).optional(),
  /** The links, ledger entries, permission sets, people or memberships that passed. Each counts once, however often ssofile tries. */
  counted: z.array(z.string()),
  /** When ssofile last saw a flood in it. The window ends its whole length after that, so no flood can outlast it. */
  busyAt: z.iso.datetime().optional(),
})

export type BrakeWindow = z.infer<typeof brakeWindow>

/** One list of held acts, and the reason. An operator releases it as a whole, apart from all others. */
const brakeList = record({
  ...scope,
  since: z.iso.datetime(),
  base: z.int().min(0),
  limit: z.int().min(0),
  /** The length of its window. */
  minutes: z.number(),
  /** Counted before the limit was reached. */
  passed: z.int().min(0),
  /** A policy's objection, if that is the rule. */
  objection: z.string().optional(),
  /** The links, assignments, people, memberships or changes of attributes that exceed the limit. Ascending, like all names here. */
  items: z.array(z.string()),
  /** Each assignment is on one list only. */
  held: z.array(assignmentKey),
})

export type BrakeList = Readonly<
  Omit<z.infer<typeof brakeList>, 'items' | 'held'> & { items: Names; held: Names<AssignmentKey> }
>

/** A person released these. For an hour after `at` (S3's clock) they pass without being counted. */
const brakeRelease = record({
  digest: z.string(),
  at: z.iso.datetime(),
  by: z.string(),
  /** Whether a hint was sent for each of them. */
  hinted: z.boolean(),
  /**
   * The rule of the list. `contents`: a file was held. Only a release of the rule `minimum` releases acts that a minimum holds. Older
   * versions wrote `minimum` or nothing, and items in other fields: of their releases only the keys count.
   */
  rule: z.enum([...brakeRules, 'contents']).default('own'),
  keys: z.array(assignmentKey),
  /** The list's other items: people by id, memberships as `<group>%<user name>`, changes of attributes, acts on credentials. */
  items: z.array(z.string()).default([]),
  /** Names that no longer pass, of a release without hints: it keeps all keys and items until then, for history. */
  used: z.array(z.string()).optional(),
  /** The permission set whose held file was released. */
  permissionSet: permissionSetName.optional(),
})

/** The content of `control/brake.json`. Every instant is S3's. Only a person releases a list. */
export const brakeRecord = record({
  lists: z.array(brakeList),
  /** Held files of permission sets, one for each name. */
  contents: z.array(heldContents).default([]),
  windows: z.array(brakeWindow),
  releases: z.array(brakeRelease),
  /** How often access has begun to leave. An answer about who stays holds while this number is the same. */
  left: z.int().min(0).optional(),
  /**
   * Keys of access that may go despite a policy's minimum. Its entry may not say so yet, while another dispatcher judges the next act.
   * `goneAt`: it is gone, and another process may still know the group as it was before.
   */
  leaving: z
    .array(record({ access: z.string(), at: z.iso.datetime(), goneAt: z.iso.datetime().optional() }))
    .optional(),
})

type BrakeRelease = Readonly<
  Omit<z.infer<typeof brakeRelease>, 'keys' | 'items'> & { keys: Names<AssignmentKey>; items: Names }
>
export type BrakeRecord = Omit<z.infer<typeof brakeRecord>, 'lists' | 'releases'> & {
  readonly lists: BrakeList[]
  readonly releases: BrakeRelease[]
}

export const emptyBrake: BrakeRecord = { lists: [], contents: [], windows: [], releases: [] }

export function isSameScope(a: Scope, b: Scope): boolean {
  return a.rule === b.rule && a.cause === b.cause && a.name === b.name && a.folder === b.folder
}
