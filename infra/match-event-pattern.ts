/** An EventBridge event pattern, as far as ssofile's rules need it: values, and members that must be absent or there. */
export type EventPattern = { readonly [member: string]: EventPattern | readonly (string | Existence)[] }
type Existence = { readonly exists: boolean }
type Wanted = EventPattern[string]

/** Every member of the pattern must match; a list matches when one of it does. (EventBridge User Guide, "Event patterns".) */
export function matchEventPattern(pattern: EventPattern, event: object): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    const value: unknown = Reflect.get(event, name)
    if (isList(wanted)) return wanted.some((one) => matchValue(one, value))
    return typeof value === 'object' && value !== null && matchEventPattern(wanted, value)
  })
}

function matchValue(wanted: string | Existence, value: unknown): boolean {
  return typeof wanted === 'string' ? value === wanted : wanted.exists === (value !== undefined)
}

function isList(wanted: Wanted): wanted is Extract<Wanted, readonly unknown[]> {
  return Array.isArray(wanted)
}
