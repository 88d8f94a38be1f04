import {
  type AccessCheck,
  type PolicyFindingType,
  policyFindingTypes,
} from '../../../shared/domain/iam-policies/access-check.ts'
import { accessLevels, type KnownAction } from '../../../shared/domain/iam-policies/access-level.ts'
import type { PermissionsChange } from '../../../shared/domain/iam-policies/compare-permissions.ts'
import type { ToldPermissionSetChange } from './name-changed-fields.ts'
import { bare, type Detail, listed, say } from './plan-section.ts'

const itemsTold = 12

/** One line of a change's meaning: `gains Write: s3:PutObject, s3:PutObjectAcl and 3 more`. `items` are names from outside. */
function line(word: string, items: readonly (string | { readonly name: string })[]): readonly Detail[] {
  if (items.length === 0) return []
  const told = items.slice(0, itemsTold).map((item) => bare(typeof item === 'string' ? item : item.name, 1000))
  const more = items.length - told.length
  const text = say`${listed(told)}${more > 0 ? ` and ${more.toLocaleString('en')} more` : ''}`
  return [word === 'warning' ? { word, text } : { text: say`${word}: ${text}` }]
}

/** The change of a permission set besides its fields: its meaning, then the findings of IAM Access Analyzer. */
export function listChange({ meaning, check }: Pick<ToldPermissionSetChange, 'meaning' | 'check'>): readonly Detail[] {
  return [
    ...(meaning ? listMeaning(meaning) : []),
    ...(check ? listFindings(check.findings) : []),
    ...(check?.newAccess ? listNewAccess(check.newAccess) : []),
  ]
}

/** Whether IAM Access Analyzer finds that a part of the policy does not work, or allows too much. */
export function isGrave({ findings }: AccessCheck): boolean {
  return !('why' in findings) && findings.some(({ type }) => type === 'ERROR' || type === 'SECURITY_WARNING')
}

const analyzer = 'IAM Access Analyzer'
const findingWords: Readonly<Record<PolicyFindingType, string>> = {
  ERROR: 'error',
  SECURITY_WARNING: 'security warning',
  WARNING: 'warning',
  SUGGESTION: 'suggestion',
}

function listFindings(findings: AccessCheck['findings']): readonly Detail[] {
  if ('why' in findings) return line(`${analyzer} did not check it`, [findings.why])
  if (findings.length === 0) return line(analyzer, ['no faults'])
  return policyFindingTypes.flatMap((type) => {
    const told = findings.flatMap((one) => (one.type === type ? [`${one.code}: ${one.told}`] : []))
    return line(`${analyzer} ${findingWords[type]}`, told)
  })
}

function listNewAccess(newAccess: NonNullable<AccessCheck['newAccess']>): readonly Detail[] {
  if ('why' in newAccess) return line(`${analyzer} did not say whether it allows more`, [newAccess.why])
  if (!newAccess.isNew) return line(analyzer, ['it allows nothing that was not allowed before'])
  const reasons = newAccess.reasons.length === 0 ? ['without a reason'] : newAccess.reasons
  return line(`${analyzer}: it allows more than before`, reasons)
}

/** The meaning of a permission set's change, line by line: the warnings, then the gains, the gravest first. */
function listMeaning(meaning: PermissionsChange): readonly Detail[] {
  const { gained, lost, changed, policiesGained, policiesDenying, policiesLost, warnings } = meaning
  const { policiesRead, policiesNotRead } = meaning
  const byLevel = (word: string, actions: readonly KnownAction[]) =>
    accessLevels.flatMap((level) =>
      line(
        level === 'unknown' ? `${word} (access level not known)` : `${word} ${level}`,
        actions.filter((one) => one.level === level),
      ),
    )
  const alike = Map.groupBy(changed, ({ what }) => what.join(' and '))
  const unread = policiesNotRead.map(({ name, why }) => `${name}: ${why}`)
  const read = Map.groupBy(policiesRead, ({ account }) => account)
  return [
    ...warnings.flatMap((warning) => line('warning', [warning])),
    ...line('gets a policy that denies', policiesDenying),
    ...line('gains policy', policiesGained),
    ...byLevel('gains', gained),
    ...[...alike].flatMap(([what, actions]) => line(`allows with other ${what}`, actions)),
    ...line('loses policy', policiesLost),
    ...byLevel('loses', lost),
    ...[...read].flatMap(([account, policies]) => line(`judged with the policies in account ${account}`, policies)),
    ...line('not read: shown by ARN or name', unread),
  ]
}
