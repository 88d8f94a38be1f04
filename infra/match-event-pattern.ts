import type { RuleState } from '../shared/modules/break-glass/rules/alarm-rules.ts'

/**
 * The parts of EventBridge's event patterns that ssofile's rules need: values, their ends, all values but one, and members that must be
 * absent or present. Of the patterns under `$or` one must match.
 */
export type EventPattern = { readonly [member: string]: EventPattern | readonly Wish[] }
type Wish = string | Comparison | EventPattern
type Comparison =
  | { readonly exists: boolean }
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly 'anything-but': string | { readonly prefix: string } }
type Wanted = EventPattern[string]

/**
 * Whether a rule sends an event. What CloudTrail records as read-only needs the third state. (EventBridge User Guide, "Receiving
 * read-only management events from AWS services".)
 */
export function matchRule(
  { pattern, state }: { readonly pattern: EventPattern; readonly state: RuleState },
  event: object,
): boolean {
  if (state === 'DISABLED') return false
  const isReadOnly =
    matchEventPattern({ 'detail-type': [{ suffix: ' via CloudTrail' }] }, event) && isReadOnlyCall(event)
  return (state !== 'ENABLED' || !isReadOnly) && matchEventPattern(pattern, event)
}

function isReadOnlyCall(event: object): boolean {
  const detail: unknown = Reflect.get(event, 'detail')
  return isNode(detail) && Reflect.get(detail, 'readOnly') === true
}

/**
 * Every member of the pattern must match. A list in the pattern matches if one of its values does; a list in the event matches if one of
 * its values or objects does. (EventBridge User Guide, "Comparison operators for use in event patterns" and "Arrays in event patterns".)
 */
export function matchEventPattern(pattern: EventPattern, event: object): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    if (name === '$or') return isList(wanted) && wanted.some((one) => isPattern(one) && matchEventPattern(one, event))
    const value: unknown = Object.hasOwn(event, name) ? Reflect.get(event, name) : undefined
    if (isList(wanted)) return wanted.some((one) => matchValue(one, value))
    const nodes: readonly unknown[] = Array.isArray(value) ? value : [value]
    // A missing node has no members, so a member that must be absent is absent.
    return nodes.some((node) => matchEventPattern(wanted, isNode(node) ? node : {}))
  })
}

/** Only values can exist: a member with members of its own does not. ("Exists matching".) */
function matchValue(wanted: Wish, value: unknown): boolean {
  if (typeof wanted !== 'string' && 'exists' in wanted && typeof wanted.exists === 'boolean')
    return wanted.exists === (value !== undefined && !isNode(value))
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.some((one) => {
    if (typeof one !== 'string') return false
    if (typeof wanted === 'string') return one === wanted
    if ('prefix' in wanted && typeof wanted.prefix === 'string') return one.startsWith(wanted.prefix)
    if ('suffix' in wanted && typeof wanted.suffix === 'string') return one.endsWith(wanted.suffix)
    if (!('anything-but' in wanted)) return false
    const but = wanted['anything-but']
    return typeof but === 'string' ? one !== but : 'prefix' in but && !one.startsWith(String(but.prefix))
  })
}

function isPattern(wanted: Wish): wanted is EventPattern {
  return (
    typeof wanted !== 'string' && !['exists', 'prefix', 'suffix', 'anything-but'].some((operator) => operator in wanted)
  )
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(wanted: Wanted): wanted is Extract<Wanted, readonly unknown[]> {
  return Array.isArray(wanted)
}
