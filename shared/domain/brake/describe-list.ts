import { membershipPrefix } from '../files/membership-file.ts'
import { ruleKeyOf } from '../files/rule-file.ts'
import { linkPrefix } from '../links/link.ts'
import { quote } from '../statuses/complaint.ts'
import type { BrakeList, Cause, Scope } from './brake-record.ts'

/** A list of the rule `people` for users to be deleted, not suspended. */
export function isOfDeletions({ rule, cause }: Pick<Scope, 'rule' | 'cause'>): boolean {
  return rule === 'people' && cause === 'everything'
}

export const heldRemedy = 'an operator can review and release it: ssofile brake'

/** How many acts the window would have seen if the brake had held none. */
export function figureOf({ passed, items }: Pick<BrakeList, 'passed' | 'items'>): number {
  return passed + items.length
}

/** Why the brake holds the list, for a person: rule and limit. Not the figure, which grows while the list grows. */
export function describeList(list: BrakeList): string {
  const { rule, cause, name, limit, base, minutes, objection } = list
  if (rule === 'minimum') return `held by a policy: ${objection}`
  if (isOfDeletions(list))
    return `held by the brake: more than ${limit} users would be deleted within ${minutes} minutes`
  if (rule === 'people')
    return `held by the brake: more than ${limit} people were suspended within ${minutes} minutes by ${quote(name ?? 'an unknown person')}`
  if (cause === 'rule') return describeListOfRule(list)
  if (cause === 'review')
    return `held by the brake: ${name === undefined ? 'all reviews together' : `the review '${quote(name)}'`} revoked more than ${limit}${renderBase(base, limit)} ${rule === 'own' ? 'links' : 'memberships'} within ${minutes} minutes`
  if (rule === 'memberships' && cause === 'principal')
    return `held by the brake: more than ${limit}${renderBase(base, limit)} memberships of users that the directory disabled would end within ${minutes} minutes`
  if (rule === 'memberships')
    return `held by the brake: more than ${limit}${base > limit ? ` of the ${base}` : ''} memberships of files ${placeOf(name, membershipPrefix)} were withdrawn within ${minutes} minutes`
  if (cause === 'directory')
    return `held by the brake: more than ${limit}${base > limit ? ` of the ${base}` : ''} ${nounsOf(name)} with access vanished from the directory within an hour`
  if (rule === 'retirements')
    return `held by the brake: more than ${limit} credentials of the owner '${quote(name ?? '')}' would be retired within ${minutes / 60} hours`
  if (rule === 'attributes') return `held by the brake until a person releases it: ${[...list.items].join('; ')}`
  return rule === 'own'
    ? `held by the brake: more than ${limit}${renderBase(base, limit)} links ${placeOf(name)} were withdrawn within ${minutes} minutes`
    : `held by the brake: more than ${limit} assignments would be revoked within ${minutes / 60} hours ${describeCause(list)}, although their links were not deleted`
}

function describeListOfRule({ name = '', limit, base, minutes }: BrakeList): string {
  return `held by the brake: ${quote(ruleKeyOf(name))} would take more than ${limit} of ${base} people out of its group within ${minutes} minutes`
}

/** For the type of principals that vanished. */
export function nounsOf(type: string | undefined): string {
  return type === 'GROUP' ? 'groups' : 'users'
}

/** ` of the 300`. Empty if the base is not above the limit. */
function renderBase(base: number, limit: number): string {
  return base > limit ? ` of the ${base}` : ''
}

/** The common cause of an indirect list, for a person. */
export function describeCause({ cause, name = '', folder }: Cause & Pick<Scope, 'folder'>): string {
  const where = folder === undefined ? '' : `, of links ${placeOf(folder)}`
  switch (cause) {
    case 'folder':
      return `that links ${placeOf(name === '' ? undefined : name)} grant`
    case 'everything':
      return 'for all causes together'
    case 'configuration':
      return `because of the configuration${where}`
    default:
      return `because of the ${cause} '${quote(name)}'${where}`
  }
}

export function placeOf(folder: string | undefined, prefix: string = linkPrefix): string {
  return folder === undefined ? `directly under ${prefix}` : `in the folder '${quote(folder)}'`
}
