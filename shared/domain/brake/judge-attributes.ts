import { attributesKey } from '../attributes/attributes-file.ts'
import type { BrakeList, BrakeRecord } from './brake-record.ts'
import { withoutList } from './lists.ts'
import { isAttributeReleased } from './releases.ts'
import type { BrakeTerms } from './windows.ts'

/**
 * Which of these losses may be carried out: only those that a person released, each by its own words. The others are the list, in
 * place of the list before; without any there is no list.
 */
export function judgeAttributes(
  brake: BrakeRecord,
  losses: readonly string[],
  { now }: BrakeTerms,
): { readonly brake: BrakeRecord; readonly list: BrakeList | undefined } {
  const items = losses.filter((one) => !isAttributeReleased(brake, one, now)).sort()
  const known = brake.lists.find(({ rule }) => rule === 'attributes')
  if (items.length === 0) return { brake: known ? withoutList(brake, known) : brake, list: undefined }
  if (known?.items.join('\n') === items.join('\n')) return { brake, list: known }
  const list: BrakeList = {
    rule: 'attributes',
    cause: 'file',
    name: attributesKey,
    since: now.toISOString(),
    base: 0,
    limit: 0,
    minutes: 0,
    passed: 0,
    items,
    held: [],
  }
  return { brake: { ...brake, lists: [...brake.lists.filter((one) => one !== known), list] }, list }
}
