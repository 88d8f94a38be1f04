import * as z from 'zod'
import { type JsonRules, optional } from '../json/json-faults.ts'
import { jsonNames } from '../json/json-names.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { accountId } from '../organization/account-id.ts'
import { type Complaint, type Parsed, parsed, refused } from '../statuses/complaint.ts'
import { matchesGlob } from '../text/glob.ts'
import { convertJoints, type Joint, jointConditions, listJoint, listMost, rulesOfJoints } from './joint-conditions.ts'
import { parseScope } from './scope.ts'
import { complainAboutName, type SelectorName, selectorNameForm } from './selector-name.ts'

export const selectorPrefix = 'selectors/'

export const selectorFileMostBytes = 64 * 1024
export const selectorsMost = 100
/**
 * The most characters of all globs in a file together. At this limit, selecting among the 10,000 accounts of an organization takes less
 * than a second.
 */
const globsMost = 500

const list = <T extends z.ZodType>(item: T) => z.array(item).max(listMost)
/** The tests of one object. A test holds if one item of its list holds. */
const tests = {
  organizationalUnits: list(z.string().refine((id) => 'kind' in parseScope('ou_id', id))).optional(),
  accounts: list(accountId).optional(),
  /** Globs of account names. */
  names: list(z.string().min(1).max(100)).optional(),
  /** As in links: `key^value`. */
  tags: list(z.string().refine((tag) => 'kind' in parseScope('account_tag', tag))).optional(),
}
const conditions = jointConditions(tests)

/** One file under `selectors/`. It selects accounts again whenever the organization changes. */
export const selectorFileSchema = z
  .strictObject({
    /** Editors use it. */
    $schema: z.string().optional(),
    description: z.string().max(700).optional(),
    ...conditions.fields,
  })
  .refine(conditions.saysWhat)
type Said = Joint<Pick<z.infer<typeof selectorFileSchema>, keyof typeof tests>>

/** Every test must hold, and nothing in `except` may hold. An absent field tests nothing. */
export type Condition = {
  readonly organizationalUnits?: ReadonlySet<string>
  readonly accounts?: ReadonlySet<string>
  readonly names?: readonly ((name: string) => boolean)[]
  /** Values by key. */
  readonly tags?: ReadonlyMap<string, ReadonlySet<string>>
  readonly allOf?: readonly Condition[]
  readonly anyOf?: readonly Condition[]
  readonly except?: readonly Condition[]
}
export type Selector = {
  readonly key: string
  readonly condition: Condition
  /** Whether it tests tags of accounts. Reading them costs a call for each account. */
  readonly asksTags: boolean
}

/**
 * Every selector in the bucket, by name. An invalid selector, or one that S3 does not return, has a complaint: nobody knows its accounts.
 */
export type Selectors = ReadonlyMap<string, Parsed<Selector>>

export const noSelectors: Selectors = new Map()

export function askTags(selectors: Selectors): boolean {
  return [...selectors.values()].some((selector) => selector.ok && selector.value.asksTags)
}

export const {
  keyOf: selectorKey,
  nameIn: nameInSelectorKey,
  isKey: isSelectorKey,
} = jsonNames<SelectorName>(selectorPrefix)

export function parseSelectorFile(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<Selector> {
  const misnamed = complainAboutName(key, selectorPrefix, selectorNameForm)
  if (misnamed) return refused(misnamed)
  const limit = {
    mostBytes: selectorFileMostBytes,
    remedy: 'name organizational units or tags in place of accounts, or divide it into several selectors',
  }
  const read = parseJsonFile({ key, body, sizeBytes }, limit, selectorFileSchema, selectorRules)
  if (!read.ok) return read
  const { $schema: _, description: __, ...said } = read.value
  const all = listJoint(said)
  const globs = all.reduce((sum, { names = [] }) => sum + names.join('').length, 0)
  if (globs > globsMost)
    return refused({
      object: key,
      received: `names of ${globs} characters in all`,
      expected: `at most ${globsMost}`,
      remedy: 'use fewer globs, or organizational units, tags or account ids',
    })
  return parsed({ key, condition: toCondition(said), asksTags: all.some(({ tags }) => tags !== undefined) })
}

/** With more selectors than allowed, nobody knows which count. */
export function tooManySelectors(keys: readonly string[]): Selectors {
  const complain = (object: string): Complaint => ({
    object,
    received: `one of ${keys.length} selectors`,
    expected: `at most ${selectorsMost}`,
    remedy: 'delete those that no link names',
  })
  return new Map(keys.map((key) => [nameInSelectorKey(key), refused(complain(key))]))
}

function toCondition(said: Said): Condition {
  const { organizationalUnits, accounts, names, tags } = said
  return {
    organizationalUnits: organizationalUnits && new Set(organizationalUnits),
    accounts: accounts && new Set<string>(accounts),
    names: names?.map(matchesGlob),
    tags: tags && toTags(tags),
    ...convertJoints(said, toCondition),
  }
}

function toTags(texts: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const tags = new Map<string, Set<string>>()
  for (const text of texts) {
    const scope = parseScope('account_tag', text)
    if (!('kind' in scope) || scope.kind !== 'account_tag') continue
    tags.set(scope.key, (tags.get(scope.key) ?? new Set()).add(scope.value))
  }
  return tags
}

const atLeastOne =
  'an object with at least one of organizationalUnits, accounts, names, tags, allOf and anyOf (for every account: "names": ["*"])'
const rulesOfTests = (shape: string): JsonRules => ({
  [`${shape}.organizationalUnits`]: optional('a list of at most 4,000 ids'),
  [`${shape}.organizationalUnits.[]`]: optional('the id of an organizational unit (ou-…) or of the root (r-…)'),
  [`${shape}.accounts`]: optional('a list of at most 4,000 account ids'),
  [`${shape}.accounts.[]`]: optional('an account id of twelve digits, in quotation marks'),
  [`${shape}.names`]: optional('a list of globs, in which * stands for any characters and ? for one'),
  [`${shape}.names.[]`]: optional('a glob of 1 to 100 characters, such as "prod-*"'),
  [`${shape}.tags`]: optional('a list of at most 4,000 tags'),
  [`${shape}.tags.[]`]: optional('a tag as key^value, such as "team^data"'),
})

/** The message for each field of a selector that breaks a rule. */
export const selectorRules: JsonRules = {
  ...rulesOfJoints('$', 2, { atLeastOne, rulesOfTests }),
  '$.$schema': optional('the path of the schema'),
  '$.description': optional('a text of at most 700 characters'),
}
