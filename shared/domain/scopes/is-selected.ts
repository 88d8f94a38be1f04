import type { Account } from '../organization/organization-view.ts'
import type { Condition } from './selector-file.ts'

/**
 * Whether a condition holds for an account, wherever the account is and whatever its state. `undefined`: its tags were not
 * read, and they decide. `parents`: the ids of what is above it and counts.
 *
 * | of several parts      | holds                        | does not hold       | else nobody knows |
 * | --------------------- | ---------------------------- | ------------------- | ----------------- |
 * | an object, `allOf`    | each does                    | one does not        | yes               |
 * | `anyOf`               | one does                     | none does           | yes               |
 * | `except`              | none does                    | one does            | yes               |
 */
export function isSelected(
  condition: Condition,
  account: Pick<Account, 'id' | 'name' | 'tags'>,
  parents: readonly string[],
): boolean | undefined {
  const { organizationalUnits, accounts, names, tags, allOf, anyOf, except } = condition
  const holds = (one: Condition) => isSelected(one, account, parents)
  return all([
    organizationalUnits && (() => parents.some((id) => organizationalUnits.has(id))),
    accounts && (() => accounts.has(account.id)),
    names && (() => names.some((fits) => fits(account.name))),
    tags && (() => account.tags && hasOne(account.tags, tags)),
    ...(allOf ?? []).map((one) => () => holds(one)),
    anyOf && (() => not(all(anyOf.map((one) => () => not(holds(one)))))),
    ...(except ?? []).map((one) => () => not(holds(one))),
  ])
}

type Part = (() => boolean | undefined) | undefined

function all(parts: readonly Part[]): boolean | undefined {
  let isKnown = true
  for (const part of parts) {
    if (part === undefined) continue
    const holds = part()
    if (holds === false) return false
    if (holds === undefined) isKnown = false
  }
  return isKnown ? true : undefined
}

function not(holds: boolean | undefined): boolean | undefined {
  return holds === undefined ? undefined : !holds
}

function hasOne(tags: NonNullable<Account['tags']>, wanted: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  for (const [key, values] of wanted) {
    const value = Object.hasOwn(tags, key) ? tags[key] : undefined
    if (value !== undefined && values.has(value)) return true
  }
  return false
}
