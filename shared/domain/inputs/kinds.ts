import {
  attributesFileMostBytes,
  attributesFileSchema,
  attributesKey,
  attributesRules,
  parseAttributesFile,
} from '../attributes/attributes-file.ts'
import {
  accessRequestRules,
  accessRequestSchema,
  parseRequestBody,
  parseRequestKey,
  requestMostBytes,
  requestPrefix,
  userInKey,
} from '../files/access-request.ts'
import {
  approvalMostBytes,
  approvalPrefix,
  approvalRules,
  approvalSchema,
  parseApprovalBody,
  parseApprovalKey,
} from '../files/approval-file.ts'
import {
  decisionMostBytes,
  decisionPrefix,
  decisionRules,
  decisionSchema,
  parseDecisionFile,
  parseDecisionKey,
} from '../files/decision-file.ts'
import {
  eligibilityFileMostBytes,
  eligibilityFileSchema,
  eligibilityPrefix,
  eligibilityRules,
  isEligibilityKey,
  parseEligibilityFile,
} from '../files/eligibility-file.ts'
import {
  groupFileSchema,
  groupMostBytes,
  groupPrefix,
  groupRules,
  parseGroupFile,
  parseGroupKey,
} from '../files/group-file.ts'
import {
  hygieneFileMostBytes,
  hygieneFileSchema,
  hygieneKey,
  hygieneRules,
  parseHygieneFile,
} from '../files/hygiene-file.ts'
import { folderOfMembership, membershipPrefix, parseMembershipAnywhere } from '../files/membership-file.ts'
import {
  parsePersonFile,
  parsePersonKey,
  peoplePrefix,
  personFileMostBytes,
  personFileSchema,
  personRules,
} from '../files/person-file.ts'
import { parseRetireKey, retirePrefix } from '../files/retire-file.ts'
import {
  isReviewKey,
  parseReviewFile,
  parseReviewKey,
  reviewFileSchema,
  reviewMostBytes,
  reviewPrefix,
  reviewRules,
} from '../files/review-file.ts'
import {
  parseRuleFile,
  parseRuleKey,
  ruleFileSchema,
  ruleMostBytes,
  rulePrefix,
  ruleRules,
} from '../files/rule-file.ts'
import {
  isPolicyKey,
  parsePolicyFile,
  policyFileMostBytes,
  policyFileSchema,
  policyPrefix,
  policyRules,
  policyTestPrefix,
} from '../guardrails/policy-file.ts'
import { parsePolicyTests, policyTestFileMostBytes, policyTestFileSchema } from '../guardrails/policy-test.ts'
import { linkPrefix, parseLinkAnywhere } from '../links/link.ts'
import { linkBodyMostBytes, linkBodyRules, linkBodySchema, parseLinkBody } from '../links/link-body.ts'
import {
  parsePermissionSetFile,
  parsePermissionSetKey,
  permissionSetFileMostBytes,
  permissionSetFileSchema,
  permissionSetPrefix,
} from '../permission-sets/permission-set-file.ts'
import { permissionSetRules } from '../permission-sets/permission-set-rules.ts'
import {
  isSelectorKey,
  parseSelectorFile,
  selectorFileMostBytes,
  selectorFileSchema,
  selectorPrefix,
  selectorRules,
} from '../scopes/selector-file.ts'
import { type Parsed, parsed } from '../statuses/complaint.ts'
import {
  parseSuspensionBody,
  parseSuspensionKey,
  suspensionMostBytes,
  suspensionPrefix,
} from '../suspensions/suspension.ts'
import type { InputQueue, Kind, Writers } from './kind.ts'

/** All kinds of inputs. Notifications, writers, rights, pushes, checks and reports derive from this table. */
export const kinds = {
  link: {
    at: linkPrefix,
    writers: 'uploaders',
    meaning: 'a [link](links.md)',
    queue: 'links',
    uses: { read: ['policies/', 'selectors/'] },
    share: 'folder',
    hasFolders: true,
    isPushed: true,
    mostBytes: linkBodyMostBytes,
    parseName: parseLinkAnywhere,
    parseBody: parseLinkBody,
    document: {
      file: 'link-body',
      title: 'What the file of a link may say; it may also be empty',
      schema: linkBodySchema,
      rules: linkBodyRules,
    },
  },
  permissionSet: {
    at: permissionSetPrefix,
    writers: 'permissionSetUploaders',
    meaning: 'a [permission set](permission-sets.md)',
    queue: 'permission-sets',
    uses: { read: ['state/deletions/'] },
    dispatched: ['owned_permission_sets/'],
    isPushed: true,
    mostBytes: permissionSetFileMostBytes,
    parseName: parsePermissionSetKey,
    parseBody: parsePermissionSetFile,
    document: {
      file: 'permission-set',
      title: 'A permission set, permission_sets/<permissionSetName>.json',
      schema: permissionSetFileSchema,
      rules: permissionSetRules,
    },
  },
  request: {
    at: requestPrefix,
    writers: 'oneself',
    meaning: 'a [request](temporary-access.md) for temporary access',
    queue: 'requests',
    uses: {
      read: ['eligibility/', 'selectors/', 'policies/', 'owned_permission_sets/'],
      write: ['links_data/temporary/'],
      put: ['history/requests/', 'control/ended-sessions.json'],
    },
    // The limit of undecided requests is exact only if they are handled in order.
    subject: userInKey,
    share: 'subject',
    mostBytes: requestMostBytes,
    parseName: parseRequestKey,
    parseBody: parseRequestBody,
    document: {
      file: 'request',
      title: 'A request for temporary access, requests/<user id>/<link>',
      schema: accessRequestSchema,
      rules: accessRequestRules,
    },
  },
  approval: {
    at: approvalPrefix,
    writers: 'oneself',
    meaning: 'an [approval](temporary-access.md#ask-approve-end) of a request, or a denial',
    queue: 'requests',
    subject: userInKey,
    share: 'subject',
    mostBytes: approvalMostBytes,
    parseName: parseApprovalKey,
    parseBody: parseApprovalBody,
    document: {
      file: 'approval',
      title: 'An approval, approvals/<user id>/<digest of the request>',
      schema: approvalSchema,
      rules: approvalRules,
    },
  },
  decision: {
    at: decisionPrefix,
    writers: 'oneself',
    meaning: 'a [decision](reviews.md#decide) in a review',
    queue: 'requests',
    subject: userInKey,
    share: 'subject',
    mostBytes: decisionMostBytes,
    parseName: parseDecisionKey,
    parseBody: parseDecisionFile,
    document: {
      file: 'decision',
      title: 'A decision, decisions/<user id>/<review>/<digest of the item>%<keep or revoke>; it may also be empty',
      schema: decisionSchema,
      rules: decisionRules,
    },
  },
  review: {
    at: reviewPrefix,
    writers: 'governance',
    meaning: 'a [review](reviews.md): who looks at which access, and until when',
    queue: 'people',
    uses: {
      // The questions are about permission sets, exceptions, access that others gave, last uses, and who moved, by the nights' reports; history
      // has the proofs.
      read: [
        'permission_sets/',
        'hygiene.json',
        'assignments/',
        'foreign/',
        'usage/',
        'changes/',
        'history/',
        'reports/',
      ],
      put: ['history/reviews/', 'review-results/'],
      // Revoked by a review.
      remove: ['links_data/', 'memberships/'],
    },
    isPushed: true,
    isKey: isReviewKey,
    mostBytes: reviewMostBytes,
    parseName: parseReviewKey,
    parseBody: parseReviewFile,
    document: {
      file: 'review',
      title: 'A review of access, reviews/<name>.json',
      schema: reviewFileSchema,
      rules: reviewRules,
    },
  },
  suspension: {
    at: suspensionPrefix,
    writers: 'people',
    meaning: 'who is [suspended](people.md)',
    queue: 'urgent',
    uses: {
      // The present and past access of the person.
      read: ['assignments/', 'foreign/', 'history/', 'policies/'],
      put: ['history/suspensions/', 'reports/leavers/', 'control/ended-sessions.json'],
    },
    subject: userInKey,
    mostBytes: suspensionMostBytes,
    parseName: parseSuspensionKey,
    parseBody: parseSuspensionBody,
  },
  person: {
    at: peoplePrefix,
    writers: 'people',
    meaning: 'a [person](people.md#people-by-files), only where `directory` says so',
    queue: 'people',
    queueOfEnd: 'urgent',
    // When a person's file is deleted, or its `endsAt` comes, ssofile writes a file under `suspended/`.
    uses: { write: ['owned_people/', 'suspended/'], put: ['history/people/'] },
    subject: userInKey,
    isPushed: true,
    isKey: isJson,
    mostBytes: personFileMostBytes,
    parseName: parsePersonKey,
    parseBody: parsePersonFile,
    document: {
      file: 'person',
      title: 'A person, people/<user name>.json',
      schema: personFileSchema,
      rules: personRules,
    },
  },
  /** Tests of policies. They change no access. */
  policyTest: {
    at: policyTestPrefix,
    writers: 'governance',
    meaning: '[tests](guardrails.md#try-before-you-enforce) of policies',
    isPushed: true,
    isKey: isJson,
    mostBytes: policyTestFileMostBytes,
    parseBody: parsePolicyTests,
    document: {
      file: 'policy-tests',
      title: 'Tests of policies, policies/tests/<name>.json',
      schema: policyTestFileSchema,
      rules: {},
    },
  },
  policy: {
    at: policyPrefix,
    writers: 'governance',
    meaning: 'a [policy](guardrails.md)',
    isPushed: true,
    governs: true,
    isKey: isPolicyKey,
    mostBytes: policyFileMostBytes,
    parseBody: parsePolicyFile,
    document: {
      file: 'policy',
      title: 'What governance demands of links and permission sets',
      schema: policyFileSchema,
      rules: policyRules,
    },
  },
  selector: {
    at: selectorPrefix,
    writers: 'governance',
    meaning: 'a [selector](selectors.md): which accounts a name means',
    isPushed: true,
    governs: true,
    isKey: isSelectorKey,
    mostBytes: selectorFileMostBytes,
    parseBody: parseSelectorFile,
    document: {
      file: 'selector',
      title: 'Which accounts a name means, selectors/<name>.json',
      schema: selectorFileSchema,
      rules: selectorRules,
    },
  },
  eligibility: {
    at: eligibilityPrefix,
    writers: 'governance',
    meaning: 'an [eligibility](temporary-access.md#who-may-ask-for-what): who may ask for what',
    isPushed: true,
    governs: true,
    isKey: isEligibilityKey,
    mostBytes: eligibilityFileMostBytes,
    parseBody: parseEligibilityFile,
    document: {
      file: 'eligibility',
      title: 'Who may ask for what, eligibility/<name>.json',
      schema: eligibilityFileSchema,
      rules: eligibilityRules,
    },
  },
  group: {
    at: groupPrefix,
    writers: 'governance',
    meaning: 'a [group](people.md#put-people-into-groups) that ssofile makes, or adopts',
    queue: 'people',
    // ssofile deletes no group that a link names.
    uses: { read: ['links_data/'], write: ['owned_groups/'], put: ['history/groups/'] },
    isPushed: true,
    isKey: isJson,
    mostBytes: groupMostBytes,
    parseName: parseGroupKey,
    parseBody: parseGroupFile,
    document: {
      file: 'group',
      title: 'A group, groups/<group>.json; it may also be empty',
      schema: groupFileSchema,
      rules: groupRules,
    },
  },
  membership: {
    at: membershipPrefix,
    writers: 'memberships',
    meaning: '[who is in a group](people.md#put-people-into-groups)',
    queue: 'people',
    queueOfEnd: 'urgent',
    uses: { read: ['policies/'], write: ['owned_memberships/'], put: ['history/memberships/', 'history/bound-again/'] },
    subject: withoutFolder,
    hasFolders: true,
    isPushed: true,
    mostBytes: linkBodyMostBytes,
    parseName: parseMembershipAnywhere,
    parseBody: parseLinkBody,
  },
  rule: {
    at: rulePrefix,
    writers: 'governance',
    meaning: '[who is in a group by attributes](people.md#groups-by-rule)',
    queue: 'people',
    // All rules share one listing of the directory.
    subject: () => rulePrefix,
    share: 'subject',
    isPushed: true,
    governs: true,
    isKey: isJson,
    mostBytes: ruleMostBytes,
    parseName: parseRuleKey,
    parseBody: parseRuleFile,
    document: {
      file: 'rule',
      title: 'Who is in a group by attributes, rules/<group>.json',
      schema: ruleFileSchema,
      rules: ruleRules,
    },
  },
  hygiene: {
    at: hygieneKey,
    writers: 'governance',
    meaning: 'what [credentials](credentials.md#hygienejson) are measured by',
    isPushed: true,
    mostBytes: hygieneFileMostBytes,
    parseBody: (_: string, body: Uint8Array, size: number) => parseHygieneFile(body, size),
    document: {
      file: 'hygiene',
      title: 'The standard for credentials and the receivers of findings, hygiene.json',
      schema: hygieneFileSchema,
      rules: hygieneRules,
    },
  },
  attributes: {
    at: attributesKey,
    writers: 'governance',
    meaning: 'the [attributes for access control](attributes.md) of the instance',
    queue: 'people',
    dispatched: ['owned_attributes/'],
    isPushed: true,
    mostBytes: attributesFileMostBytes,
    parseName: () => parsed<typeof attributesKey>(attributesKey),
    parseBody: (_: string, body: Uint8Array, size: number) => parseAttributesFile(body, size),
    document: {
      file: 'access-control-attributes',
      title: 'Attributes for access control, access_control_attributes.json',
      schema: attributesFileSchema,
      rules: attributesRules,
    },
  },
  retirement: {
    at: retirePrefix,
    writers: 'accountOwners',
    meaning: 'a [credential to be retired](credentials.md#retire-unused-credentials)',
    starts: 'retire',
    uses: { write: ['retired/'], put: ['history/retire/'] },
    isPushed: true,
    // Its name says it all.
    mostBytes: 0,
    parseName: parseRetireKey,
    parseBody: () => parsed(undefined),
  },
} as const satisfies Readonly<Record<string, Kind>>

/** By prefix or key. */
const registered = new Map<string, Kind>(Object.values(kinds).map((kind) => [kind.at, kind]))
const listed: { all?: readonly Kind[] | undefined } = {}

/**
 * Adds a kind to the table. Kinds are part of the program, like its types: they are registered before anything runs, so functions read this
 * table instead of getting it as an argument. No module may keep an answer from its load time. Returns a function that removes the kind,
 * for tests, because test files share a process.
 */
export function registerKind(kind: Kind): () => void {
  const { at } = kind
  if ((registered.get(at) ?? kind) !== kind)
    throw new Error(`received a second kind at '${at}', expected a place of its own for each`)
  registered.set(at, kind)
  listed.all = undefined
  return () => {
    registered.delete(at)
    listed.all = undefined
  }
}

/** The same list until a kind comes or goes. */
export function allKinds(): readonly Kind[] {
  listed.all ??= [...registered.values()]
  return listed.all
}

/** The kind with this key's prefix, even if the file does not count. */
export function kindAt(key: string): Kind | undefined {
  return registered.values().find(({ at }) => (at.endsWith('/') ? key.startsWith(at) : key === at))
}

/** The kind of an input. `undefined`: not an input, such as a README beside the policies. */
export function kindOf(key: string): Kind | undefined {
  const kind = kindAt(key)
  return kind?.isKey?.(key) === false ? undefined : kind
}

/** Whether the key is the name of an input. Its body may be invalid, and its folder undeclared. */
export function isInputName(key: string): boolean {
  const kind = kindOf(key)
  return kind !== undefined && kind.parseName?.(key).ok !== false
}

/** The prefixes of the wanted kinds. Leaves out a prefix inside another one. */
export function placesOf(isWanted: (kind: Kind) => boolean): readonly string[] {
  const places = allKinds()
    .filter(isWanted)
    .map(({ at }) => at)
  return places.filter((at) => !places.some((other) => other !== at && at.startsWith(other)))
}

export function placesWrittenBy(...writers: readonly Writers[]): readonly string[] {
  return placesOf((kind) => writers.includes(kind.writers))
}

/** The prefixes for which S3 sends notifications. */
export function notifiedPlaces(): readonly string[] {
  return placesOf(({ queue }) => queue !== undefined)
}

/** The prefixes whose uploads and deletions start the function `retire`. */
export function placesThatStart(): readonly string[] {
  return placesOf(({ starts }) => starts === 'retire')
}

/** The subject of an input's messages. Messages with one subject are handled in order. */
export function subjectOf(key: string): string {
  return kindAt(key)?.subject?.(key) ?? key
}

/** The person who alone may write this input, below the own id. `undefined`: others write it. */
export function ownerOf(key: string): string | undefined {
  const kind = kindAt(key)
  return kind?.writers === 'oneself' ? kind.subject?.(key) : undefined
}

/** Whether the input is a request or an approval, which waits for people. */
export function isOfRequest(input: string): boolean {
  return kindAt(input)?.writers === 'oneself'
}

/** The queue for an existing input. `undefined`: S3 sends no notification for this key. */
export function queueOf(key: string): InputQueue | undefined {
  return kindAt(key)?.queue
}

/** Whether the function `requests` handles the input: it is neither a link nor a permission set. */
export function isOfPeople(key: string): boolean {
  const queue = queueOf(key)
  return queue === 'requests' || queue === 'people' || queue === 'urgent'
}

/** The subject of a membership file: the same in every folder. */
function withoutFolder(key: string): string {
  const folder = folderOfMembership(key)
  return membershipPrefix + key.slice(membershipPrefix.length + (folder === undefined ? 0 : folder.length + 1))
}

function isJson(key: string): boolean {
  return key.endsWith('.json')
}

/** Parses the key and the body of an input of this kind. */
export function parseInput(
  { parseName, parseBody }: Kind,
  ...[key, body, sizeBytes]: Parameters<Kind['parseBody']>
): Parsed<unknown> {
  const name = parseName?.(key)
  return name?.ok === false ? name : parseBody(key, body, sizeBytes)
}
