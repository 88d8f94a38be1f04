import type { Account } from '../organization/organization-view.ts'
import { holdsJointly } from './joint-conditions.ts'
import type { Condition } from './selector-file.ts'

/**
 * Whether a condition holds for an account, wherever the account is and whatever its state. `undefined`: its tags were not
 * read, and they decide. `parents`: the ids of what is above it and counts.
 */
export function isSelected(
  condition: Condition,
  account: Pick<Account, 'id' | 'name' | 'tags'>,
  parents: readonly string[],
): boolean | undefined {
  const { organizationalUnits, accounts, names, tags } = condition
  const parts = [
    organizationalUnits && (() => parents.some((id) => organizationalUnits.has(id))),
    accounts && (() => accounts.has(account.id)),
    names && (() => names.some((fits) => fits(account.name))),
    tags && (() => account.tags && hasOne(account.tags, tags)),
  ]
  return holdsJointly(condition, parts, (one) => isSelected(one, account, parents))
}

function hasOne(tags: NonNullable<Account['tags']>, wanted: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  for (const [key, values] of wanted) {
    const value = Object.hasOwn(tags, key) ? tags[key] : undefined
    if (value !== undefined && values.has(value)) return true
  }
  return false
}
