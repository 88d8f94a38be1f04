import { describeJson, isJsonObject } from '../json/json-faults.ts'
import type { JsonObject, JsonValue } from '../json/strict-json.ts'
import { type JsonFault, type JsonPath, quote } from '../statuses/complaint.ts'
import { breachOfForm, isNegated, severalArns } from './condition-values.ts'

/** A fault of one value, without its place. */
export type ValueFault = Pick<JsonFault, 'received' | 'expected' | 'remedy'>

/**
 * `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, and `${*}`, `${?}`, `${$}` for the characters themselves. A key has a
 * service before its colon, or the address of an identity provider. (IAM User Guide, "IAM policy elements: Variables and tags".)
 */
const variable = /^(?:[*?$]|([A-Za-z0-9][\w./-]*):[A-Za-z][^,{}$"'()[\]]*(?:,\s*'[^']*')?)$/

/** Variables of the Serverless Framework and of CloudFormation's tools have a colon too. */
const generators = new Set(['cf', 'custom', 'env', 'file', 'git', 'opt', 'param', 'self', 'sls'])

/** The first `${…}` of a text that is not a policy variable: a generator should have filled it in. */
export function findPlaceholder(text: string): string | undefined {
  const pieces = text.matchAll(/\$\{([^}]*)(?:\}|$)/g)
  const left = pieces.find(([whole, inside = '']) => {
    const [isVariable, service = ''] = variable.exec(inside) ?? []
    return isVariable === undefined || !whole.endsWith('}') || generators.has(service)
  })
  return left?.[0]
}

export function judgePlaceholder(text: string, placeholder: string): ValueFault {
  const within = placeholder === text ? '' : ` in ${describeJson(text)}`
  return {
    received: `the placeholder '${quote(placeholder, 60)}'${within}`,
    expected: `plain text, or a policy variable such as \${aws:username}`,
    remedy: 'write what it stands for: a generator should have filled it in',
  }
}

/** Whether a value is a CloudFormation function that nobody evaluated. (CloudFormation User Guide, "Intrinsic function reference".) */
export function isFunction(value: JsonValue): boolean {
  return isJsonObject(value) && Object.keys(value).some((name) => name === 'Ref' || name.startsWith('Fn::'))
}

export function remedyOf(value: JsonValue, otherwise: string): string {
  return isFunction(value) ? 'write the text that it stands for: only CloudFormation fills it in' : otherwise
}

/** A part of a policy that AWS accepts although it cannot work as it reads. */
export type PolicyWarning = { readonly path: JsonPath; readonly warning: string }

/** Further warnings are left out, because they have the same cause. */
const warningsMost = 10

export function policyWarnings({ Version, Statement }: JsonObject, path: JsonPath): readonly PolicyWarning[] {
  const texts = textsOf(Statement, [...path, 'Statement'])
  const warnings = texts.flatMap(({ text, at }) => {
    const warning =
      warnOfVariable(text, Version) ??
      warnOfPlaceholder(text) ??
      warnOfArn(text, at) ??
      warnOfAction(text, at) ??
      warnOfKey(at) ??
      warnOfValue(text, at)
    return warning === undefined ? [] : [{ path: at, warning }]
  })
  return warnings.slice(0, warningsMost)
}

/** "Variables like ${aws:username} are treated as literal strings in the policy." (The same page, of other versions.) */
function warnOfVariable(text: string, version: JsonValue | undefined): string | undefined {
  const [first] = version === '2012-10-17' ? [] : (/\$\{[^}]*\}/.exec(text) ?? [])
  if (first === undefined) return undefined
  return `IAM reads '${quote(first, 60)}' as plain text, so it matches nothing: add "Version": "2012-10-17" to the policy`
}

/**
 * | written by                                | placeholder                          |
 * | ----------------------------------------- | ------------------------------------ |
 * | Jinja, Helm, Handlebars, Go               | `{{ bucket }}`                       |
 * | documentation, ERB                        | `<bucket>`, `<%= bucket %>`          |
 * | Ruby, Azure, a shell                      | `#{bucket}`, `$(bucket)`, `$BUCKET`  |
 * | Python, Terraform's and PowerShell's forms | `{bucket}`, `%{bucket}`, `%s`        |
 * | Windows, sed, Ansible, Concourse          | `%BUCKET%`, `@@BUCKET@@`, `__BUCKET__`, `[[bucket]]`, `((bucket))` |
 */
const placeholder = new RegExp(
  [
    ...[/\{\{[^{}]*\}\}/, /<[^<>]+>/, /#\{[^}]*\}/, /\$\([^)]*\)/, /\$[A-Za-z_]\w*/, /%\{[^}]*\}/],
    ...[/(?<![\w%])%[sdv](?!\w)/, /%[A-Za-z_]\w*%/, /@@?[A-Za-z_]\w*@@?(?!\w)/, /__[A-Z][A-Z0-9_]*__/],
    ...[/\[\[[^[\]]+\]\]/, /\(\([^()]+\)\)/, /(?<!\$)\{[A-Za-z_][\w.-]*\}/],
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)
/** Names of AWS's own that begin with a dollar: versions of functions and of templates, topics of IoT, routes of WebSocket APIs. */
const dollarNames = /^\$(latest|aws|share|default|connect|disconnect)$/i

/** Warns of placeholders of templates that do not use `${…}`. */
function warnOfPlaceholder(text: string): string | undefined {
  const [first] = (text.match(placeholder) ?? []).filter((one) => !dollarNames.test(one))
  return (
    first && `'${quote(first, 60)}' looks like a placeholder, which IAM reads as plain text: write what it stands for`
  )
}

/** "You can't use a variable to replace parts of the ARN before the fifth colon." (The same page, of Resource.) */
function warnOfArn(text: string, at: JsonPath): string | undefined {
  if (!at.includes('Resource') && !at.includes('NotResource')) return undefined
  if (severalArns.test(text)) return 'two ARNs in one text match nothing: write them as a list of texts'
  const [, , service = '', region = '', account = '', resource] = partsOfArn(text)
  if (resource === undefined) return undefined
  if (resource === '') return 'the ARN names no resource, so it matches nothing: write one after the last colon, or *'
  if (`${region}${account}`.includes('$'))
    return 'IAM takes policy variables only after the fifth colon of an ARN: write the Region and the account, or *'
  if (service === 's3' && region === '' && /^\d/.test(account) && !resource.startsWith('accesspoint'))
    return `ARNs of buckets have no account, so the ARN matches nothing: leave out '${account}' and keep the colons`
  if (/^(\d{12}|[a-z-]*|.*[*?].*)$/.test(account)) return undefined
  return `no account is called '${quote(account, 60)}', so the ARN matches nothing: write the twelve digits, or *`
}

function warnOfAction(text: string, at: JsonPath): string | undefined {
  if (!(at.includes('Action') || at.includes('NotAction')) || at.includes('Condition')) return undefined
  return /[,;|]/.test(text) ? 'several actions in one text match nothing: write them as a list of texts' : undefined
}

/** Keys whose values have no comma, in small letters. (IAM User Guide, "AWS global condition context keys".) */
const keysWithoutComma =
  /^aws:(requestedregion|(source|principal|resource)(account|orgid)|sourcevpce?|principaltype|calledvia.*|vpcesource.*)$/

/** A value that no request can have. A negated operator is then always met. */
function warnOfValue(text: string, at: JsonPath): string | undefined {
  const [operator, key] = at.slice(at.indexOf('Condition') + 1)
  if (!at.includes('Condition') || typeof operator !== 'string' || typeof key !== 'string' || text.includes('${'))
    return undefined
  const effect = isNegated(operator) ? `every request meets ${operator}` : `it matches nothing`
  const form = breachOfForm(operator, text)
  if (form !== undefined) return `'${quote(text, 60)}' is not ${form.expected}, so ${effect}: ${form.remedy}`
  const isList = text.includes(',') && /String/.test(operator) && keysWithoutComma.test(key.toLowerCase())
  return isList ? `'${quote(text, 60)}' has a comma, so ${effect}: write a list of texts` : undefined
}

/** "Use the format service:keyname." (IAM policy validation check reference, "Invalid condition key format".) */
function warnOfKey(at: JsonPath): string | undefined {
  const [, , key, index = 0] = at.slice(at.indexOf('Condition'))
  if (!at.includes('Condition') || typeof key !== 'string' || key.includes(':') || index !== 0) return undefined
  return `no condition key is called '${quote(key, 60)}', so no request has it: write its service before it, such as aws:${quote(key, 60)}`
}

/** Splits an ARN into at most six parts, the last with its colons. A policy variable, which contains a colon, counts as `$`. */
export function partsOfArn(arn: string): readonly string[] {
  const parts = arn.replace(/\$\{[^}]*\}/g, '$').split(':')
  return parts.length < 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')]
}

function textsOf(
  value: JsonValue | undefined,
  at: JsonPath,
): readonly { readonly text: string; readonly at: JsonPath }[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => textsOf(item, [...at, index]))
  if (!isJsonObject(value)) return value === undefined ? [] : [{ text: String(value), at }]
  return Object.entries(value).flatMap(([name, item]) => textsOf(item, [...at, name]))
}
