import type * as z from 'zod'

type Issue = z.core.$ZodIssue

/** `1 validation error detected: Value '…' at 'maxResults' failed to satisfy constraint: Member must …` */
export function renderConstraints(issues: readonly Issue[], body: unknown): string {
  const faults = issues.map((issue) => {
    const value = valueAt(body, issue.path)
    const shown = value === undefined || value === null ? 'null' : `'${renderValue(value)}'`
    return `Value ${shown} at '${renderMember(issue.path)}' failed to satisfy constraint: ${renderConstraint(issue)}`
  })
  const count = faults.length
  return `${count} validation error${count === 1 ? '' : 's'} detected: ${faults.join('; ')}`
}

/** What stands at a path of a JSON value; `undefined`: nothing. */
export function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    body,
  )
}

function renderValue(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** `customerManagedPolicyReference.name`; list members count from 1. */
function renderMember(path: readonly PropertyKey[]): string {
  return path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : lowerFirst(String(step)))).join('.')
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function renderConstraint(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return 'Member must not be null'
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `Member must have value greater than or equal to ${issue.minimum}`
        : `Member must have length greater than or equal to ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `Member must have value less than or equal to ${issue.maximum}`
        : `Member must have length less than or equal to ${issue.maximum}`
    case 'invalid_format':
      return `Member must satisfy regular expression pattern: ${(issue.pattern ?? '').replace(/^\/\^?|\$?\/[a-z]*$/g, '')}`
    case 'invalid_value':
      return `Member must satisfy enum value set: [${issue.values.map(String).join(', ')}]`
    default:
      return issue.message
  }
}
