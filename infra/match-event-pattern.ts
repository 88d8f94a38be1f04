/** An EventBridge event pattern, as far as ssofile's rules need it: values, their ends, and members that must be absent or there. */
export type EventPattern = { readonly [member: string]: EventPattern | readonly (string | Existence | TextEnd)[] }
type Existence = { readonly exists: boolean }
type TextEnd = { readonly prefix: string } | { readonly suffix: string }
type Wanted = EventPattern[string]

/**
 * Every member of the pattern must match. A list matches when one of it does; of a list in the event one value has to
 * match. (EventBridge User Guide, "Comparison operators for use in event patterns" and "Arrays in event patterns".)
 */
export function matchEventPattern(pattern: EventPattern, event: object): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    const value: unknown = Object.hasOwn(event, name) ? Reflect.get(event, name) : undefined
    if (isList(wanted)) return wanted.some((one) => matchValue(one, value))
    return isNode(value) && matchEventPattern(wanted, value)
  })
}

/** Whether a member exists is asked of values only: what has members of its own does not exist. ("Exists matching".) */
function matchValue(wanted: string | Existence | TextEnd, value: unknown): boolean {
  const isFound = (test: (text: string) => boolean) =>
    [value].flat().some((one) => typeof one === 'string' && test(one))
  if (typeof wanted === 'string') return isFound((text) => text === wanted)
  if ('prefix' in wanted) return isFound((text) => text.startsWith(wanted.prefix))
  if ('suffix' in wanted) return isFound((text) => text.endsWith(wanted.suffix))
  return wanted.exists === (value !== undefined && !isNode(value))
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(wanted: Wanted): wanted is Extract<Wanted, readonly unknown[]> {
  return Array.isArray(wanted)
}
