import { accessLevels, type KnownAction } from '../../../shared/domain/iam-policies/access-level.ts'
import type { PermissionsChange } from '../../../shared/domain/iam-policies/compare-permissions.ts'

/** One line of what a change means: `gains Write: s3:PutObject, s3:PutObjectAcl and 3 more`. `items` are names from outside. */
export type MeaningLine = { readonly word: string; readonly items: readonly string[]; readonly more: number }

const itemsTold = 12

/** What the change of a permission set means, line by line: first the warnings, then what is gained, the gravest first. */
export function listMeaning(meaning: PermissionsChange): readonly MeaningLine[] {
  const { gained, lost, changed, policiesGained, policiesLost, policiesRead, policiesNotRead, warnings } = meaning
  const line = (word: string, items: readonly string[]): readonly MeaningLine[] =>
    items.length === 0 ? [] : [{ word, items: items.slice(0, itemsTold), more: Math.max(0, items.length - itemsTold) }]
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
        `told with what policies say in account ${account}`,
        policies.map(({ name }) => name),
      ),
    ),
    ...line(
      'not read: told by ARN or name',
      policiesNotRead.map(({ name, why }) => `${name}: ${why}`),
    ),
  ]
}
