import type { Environment } from '../shared/domain/deployment/environment.ts'
import { kinds, placesOf, placesWrittenBy } from '../shared/domain/inputs/kinds.ts'
import { reviewResultsPrefix } from '../shared/modules/reviews/rules/review-record.ts'
import { statusPrefix } from '../shared/reconcile/records/status-store.ts'

/** The prefixes that only governance writes. */
export const governedPrefixes = () => placesWrittenBy('governance')
/** Records of drills: responders write each once. */
export const drillPrefix = 'drills/'
const sharedPrefixes = () => [
  ...placesWrittenBy('uploaders', 'permissionSetUploaders'),
  'control/',
  drillPrefix,
  kinds.suspension.at,
  ...governedPrefixes(),
]
/** The prefixes that HR writes. */
export const peoplePrefixesOf = ({ directory }: Environment): readonly string[] =>
  placesOf((kind) => kind.writers === 'people' && (directory === 'identity-center' || kind !== kinds.person))
export const sharedPrefixesOf = (environment: Environment): readonly string[] => [
  ...new Set([...sharedPrefixes(), ...peoplePrefixesOf(environment)]),
]
/**
 * The prefixes that people write. For `retire/` and `memberships/`, only folders with writers are in it. In other folders nobody writes.
 */
export const inputPrefixesOf = (environment: Environment): readonly string[] => [
  ...sharedPrefixesOf(environment),
  ...ownFoldersOf(environment).map(({ prefix }) => prefix),
]

export const retireFolder = (folder: string): string => `${kinds.retirement.at}${folder}/`
/** `''`: directly under `memberships/`. */
export const membershipFolder = (folder: string): string => `${kinds.membership.at}${folder === '' ? '' : `${folder}/`}`

/** Folders for account owners and for people who manage groups: nothing else opens these prefixes. */
export const ownFoldersOf = ({ access }: Environment) => [
  ...access.accountOwners.map(({ folder, principals }) => ({ prefix: retireFolder(folder), principals })),
  ...access.memberships.map(({ folder, principals }) => ({ prefix: membershipFolder(folder), principals })),
]
/** One pattern for all folders, for statements that do not depend on the owner. */
export function folderedOf({ access }: Environment): readonly string[] {
  return [
    ...(access.accountOwners.length === 0 ? [] : [kinds.retirement.at]),
    ...(access.memberships.length === 0 ? [] : [kinds.membership.at]),
  ]
}

/** The prefixes that people write under their own id. */
export const personalPrefixes = () => placesWrittenBy('oneself')
/**
 * The user of a session that Identity Center creates. Other sessions do not have the key, and nobody can choose it. If it is absent, a
 * resource that contains it matches no object. (IAM Identity Center User Guide, "Using predefined attributes" and "AWS STS condition
 * context keys"; IAM User Guide, "Policy variables with no value".)
 */
// biome-ignore lint/suspicious/noTemplateCurlyInString: IAM puts the value in (IAM User Guide, "Policy variables")
export const ownId = '${identitystore:UserId}/'

/** The places that requesters write under their own id, and those that they read. */
export const placesOfRequesters = ({ privacy }: Pick<Environment, 'privacy'>) => ({
  write: personalPrefixes().map((place) => place + ownId),
  read: [
    kinds.request.at,
    statusPrefix + kinds.request.at,
    // With the status of each.
    `*${kinds.approval.at}${ownId}`,
    `*${kinds.decision.at}${ownId}`,
    kinds.eligibility.at,
    // Reviewers read who has access. If teams may not know of each other, only auditors read it.
    ...(privacy === 'folder' ? [] : [reviewResultsPrefix]),
  ],
})
