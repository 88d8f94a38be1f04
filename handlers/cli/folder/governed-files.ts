import {
  attributesFileMostBytes,
  attributesKey,
  parseAttributesFile,
} from '../../../shared/domain/attributes/attributes-file.ts'
import { hygieneFileMostBytes, hygieneKey, parseHygieneFile } from '../../../shared/domain/credentials/hygiene-file.ts'
import { parseRetireKey, retirePrefix } from '../../../shared/domain/credentials/retire-file.ts'
import {
  isPolicyKey,
  parsePolicyFile,
  policyFileMostBytes,
  policyPrefix,
  policyTestPrefix,
} from '../../../shared/domain/guardrails/policy-file.ts'
import { parsePolicyTests, policyTestFileMostBytes } from '../../../shared/domain/guardrails/policy-test.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { groupMostBytes, groupPrefix, parseGroupFile, parseGroupKey } from '../../../shared/domain/people/group-file.ts'
import { membershipPrefix } from '../../../shared/domain/people/membership-file.ts'
import {
  parsePersonFile,
  parsePersonKey,
  peoplePrefix,
  personFileMostBytes,
} from '../../../shared/domain/people/person-file.ts'
import { parseRuleFile, parseRuleKey, ruleMostBytes, rulePrefix } from '../../../shared/domain/people/rule-file.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import {
  eligibilityFileMostBytes,
  eligibilityPrefix,
  isEligibilityKey,
  parseEligibilityFile,
} from '../../../shared/domain/requests/eligibility-file.ts'
import {
  isSelectorKey,
  parseSelectorFile,
  selectorFileMostBytes,
  selectorPrefix,
} from '../../../shared/domain/scopes/selector-file.ts'
import type { Parsed } from '../../../shared/domain/statuses/complaint.ts'

/** A kind of file that governance writes, HR, or who answers for accounts. `prefix`: of a single file its key. */
export type GovernedKind = {
  readonly prefix: string
  readonly isKey: (key: string) => boolean
  readonly mostBytes: number
  readonly parse: (key: string, body: Uint8Array, size: number) => Parsed<unknown>
}

export const policyKind: GovernedKind = {
  prefix: policyPrefix,
  isKey: isPolicyKey,
  mostBytes: policyFileMostBytes,
  parse: parsePolicyFile,
}
export const otherKinds: readonly GovernedKind[] = [
  { prefix: selectorPrefix, isKey: isSelectorKey, mostBytes: selectorFileMostBytes, parse: parseSelectorFile },
  {
    prefix: eligibilityPrefix,
    isKey: isEligibilityKey,
    mostBytes: eligibilityFileMostBytes,
    parse: parseEligibilityFile,
  },
  named(groupPrefix, groupMostBytes, parseGroupKey, parseGroupFile),
  named(rulePrefix, ruleMostBytes, parseRuleKey, parseRuleFile),
  named(peoplePrefix, personFileMostBytes, parsePersonKey, parsePersonFile),
  {
    prefix: hygieneKey,
    isKey: (key) => key === hygieneKey,
    mostBytes: hygieneFileMostBytes,
    parse: (_, body, size) => parseHygieneFile(body, size),
  },
  {
    prefix: attributesKey,
    isKey: (key) => key === attributesKey,
    mostBytes: attributesFileMostBytes,
    parse: (_, body, size) => parseAttributesFile(body, size),
  },
  // What it says is its name.
  { prefix: retirePrefix, isKey: (key) => key.startsWith(retirePrefix), mostBytes: 0, parse: parseRetireKey },
]

/** The name of each of these files is the name of a user or a group. */
function named(
  prefix: string,
  mostBytes: number,
  parseKey: (key: string) => Parsed<unknown>,
  parseFile: GovernedKind['parse'],
): GovernedKind {
  return {
    prefix,
    isKey: (key) => key.startsWith(prefix) && key.endsWith('.json'),
    mostBytes,
    parse: (key, body, size) => {
      const name = parseKey(key)
      return name.ok ? parseFile(key, body, size) : name
    },
  }
}

/** Tests stand beside policies, and change no access. */
const policyTestKind: GovernedKind = {
  prefix: policyTestPrefix,
  isKey: (key) => key.startsWith(policyTestPrefix) && key.endsWith('.json'),
  mostBytes: policyTestFileMostBytes,
  parse: parsePolicyTests,
}

/** Which files uploaders write, those who put people into groups, governance, HR, and those who answer for accounts. */
export const inputParts = {
  access: [linkPrefix, permissionSetPrefix],
  memberships: [membershipPrefix],
  governance: [policyPrefix, selectorPrefix, eligibilityPrefix, groupPrefix, rulePrefix, hygieneKey, attributesKey],
  people: [peoplePrefix],
  credentials: [retirePrefix],
} as const satisfies Readonly<Record<string, readonly string[]>>
export const inputPrefixes: readonly string[] = Object.values(inputParts).flat()

export function governedKindOf(key: string): GovernedKind | undefined {
  return [policyKind, policyTestKind, ...otherKinds].find(({ isKey }) => isKey(key))
}

/** Under a prefix of neither links, nor memberships, nor permission sets, whether or not it is a file that counts. */
export function isGoverned(key: string): boolean {
  return [...inputParts.governance, ...inputParts.people, ...inputParts.credentials].some((prefix) =>
    key.startsWith(prefix),
  )
}
