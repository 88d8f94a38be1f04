import { covers, overlap } from '../text/glob.ts'
import type { PolicyStatement } from './policy-statement.ts'

/**
 * The actions of a statement that the others together do not cover, on each of its resources, on the same condition or none. Each action
 * and resource is a pattern: if only several patterns of one kind cover it together, the answer is no.
 */
export function listUncovered(statement: PolicyStatement, others: readonly PolicyStatement[]): readonly string[] {
  const wide = others.filter(({ condition }) => condition === statement.condition || condition === '')
  const byPlace = placesOf(statement).map((place) => wide.filter((other) => isThere(other, place, statement)))
  const { actions, isInverted } = statement
  if (isInverted) return byPlace.every((there) => isCoveredBut(actions, there)) ? [] : [`all but ${actions.join(', ')}`]
  return actions.filter((action) => !byPlace.every((there) => isCovered(action, there)))
}

/** The resources of a statement, each a pattern. One that has `NotResource` counts as everywhere. */
export function placesOf({ onlyOn }: PolicyStatement): readonly string[] {
  return onlyOn ?? ['*']
}

/** Whether a statement applies to all resources of a pattern; `of`: the statement that has it. */
export function isThere(one: PolicyStatement, place: string, of: PolicyStatement): boolean {
  if (one.resources === of.resources) return true
  if (one.onlyOn) return one.onlyOn.some((other) => covers(other, place))
  return of.onlyOn !== undefined && one.butOn.length > 0 && !one.butOn.some((but) => overlap(but, place))
}

/** Whether these statements together name every action of a pattern: the exceptions of one may be in another. */
export function isCovered(action: string, there: readonly PolicyStatement[], isDeep = true): boolean {
  return there.some(({ actions, isInverted }) =>
    isInverted
      ? actions.every((but) => !overlap(but, action) || (isDeep && isCovered(but, there, false)))
      : actions.some((wide) => covers(wide, action)),
  )
}

/** The same for every action but these. */
function isCoveredBut(but: readonly string[], there: readonly PolicyStatement[]): boolean {
  return there.some(({ actions, isInverted }) =>
    isInverted
      ? actions.every((one) => but.some((other) => covers(other, one)) || isCovered(one, there, false))
      : actions.some(isAllActions),
  )
}

/** `*`, `*:*` and `?*` all name every action. (IAM User Guide, "IAM JSON policy elements: Action".) */
export function isAllActions(action: string): boolean {
  return action.split(':').length <= 2 && action.split(':').every((part) => /^[*?]+$/.test(part) && part.includes('*'))
}
