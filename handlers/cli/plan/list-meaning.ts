import {
  type AccessCheck,
  type PolicyFindingType,
  policyFindingTypes,
} from '../../../shared/domain/iam-policies/access-check.ts'
import { accessLevels, type KnownAction } from '../../../shared/domain/iam-policies/access-level.ts'
import type { PermissionsChange } from '../../../shared/domain/iam-policies/compare-permissions.ts'
import type { ToldPermissionSetChange } from './name-changed-fields.ts'

/** One line of a change's meaning: `gains Write: s3:PutObject, s3:PutObjectAcl and 3 more`. `items` are names from outside. */
export type MeaningLine = { readonly word: string; readonly items: readonly string[]; readonly more: number }

const itemsTold = 12

function line(word: string, items: readonly string[]): readonly MeaningLine[] {
  if (items.length === 0) return []
  return [{ word, items: items.slice(0, itemsTold), more: Math.max(0, items.length - itemsTold) }]
}

/** The change of a permission set besides its fields: its meaning, then the findings of IAM Access Analyzer. */
export function listChange({
  meaning,
  check,
}: Pick<ToldPermissionSetChange, 'meaning' | 'check'>): readonly MeaningLine[] {
  return [...(meaning ? listMeaning(meaning) : []), ...(check ? listCheck(check) : [])]
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

function listCheck({ findings, newAccess }: AccessCheck): readonly MeaningLine[] {
  const wrong =
    'why' in findings
      ? line(`${analyzer} did not check it`, [findings.why])
      : findings.length === 0
        ? line(analyzer, ['no faults'])
        : policyFindingTypes.flatMap((type) =>
            line(
              `${analyzer} ${findingWords[type]}`,
              findings.filter((one) => one.type === type).map(({ code, told }) => `${code}: ${told}`),
            ),
          )
  if (newAccess === undefined) return wrong
  if ('why' in newAccess) return [...wrong, ...line(`${analyzer} did not say whether it allows more`, [newAccess.why])]
  if (!newAccess.isNew) return [...wrong, ...line(analyzer, ['it allows nothing that was not allowed before'])]
  const reasons = newAccess.reasons.length === 0 ? ['without a reason'] : newAccess.reasons
  return [...wrong, ...line(`${analyzer}: it allows more than before`, reasons)]
}

/** The meaning of a permission set's change, line by line: the warnings, then the gains, the gravest first. */
function listMeaning(meaning: PermissionsChange): readonly MeaningLine[] {
  const { gained, lost, changed, policiesGained, policiesLost, policiesRead, policiesNotRead, warnings } = meaning
  const byLevel = (word: string, actions: readonly KnownAction[]) =>
    accessLevels.flatMap((level) => {
      const names = actions.filter((one) => one.level === level).map(({ name }) => name)
      return line(level === 'unknown' ? `${word} (access level not known)` : `${word} ${level}`, names)
    })
  const alike = Map.groupBy(changed, ({ what }) => what.join(' and '))
  return [
    ...warnings.flatMap((warning) => line('warning', [warning])),
    ...line('gains policy', policiesGained),
    ...byLevel('gains', gained),
    ...[...alike].flatMap(([what, actions]) =>
      line(
        `allows with other ${what}`,
        actions.map(({ name }) => name),
      ),
    ),
    ...line('loses policy', policiesLost),
    ...byLevel('loses', lost),
    ...[...Map.groupBy(policiesRead, ({ account }) => account)].flatMap(([account, policies]) =>
      line(
        `judged with the policies in account ${account}`,
        policies.map(({ name }) => name),
      ),
    ),
    ...line(
      'not read: shown by ARN or name',
      policiesNotRead.map(({ name, why }) => `${name}: ${why}`),
    ),
  ]
}
