import { codePoint, isJsonObject, type JsonRules, plainTwin, rule } from '../json/json-faults.ts'
import type { JsonValue } from '../json/strict-json.ts'
import { quote } from '../statuses/complaint.ts'
import { ownerRule } from '../text/owner.ts'

/** Source: IAM Identity Center User Guide, "Quotas and limits"; AWS and customer managed policies together. */
export const managedPoliciesMost = 25

const tagCharacter = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]$/u
const nameCharacter = /^[\w+=,.@-]$/

const policyName = {
  expected: '1 to 128 letters, digits or _ + = , . @ - without spaces',
  remedy: () => "write the policy's name as IAM shows it (its path goes into Path)",
  alphabet: nameCharacter,
}
const policyPath = { expected: '1 to 512 characters that begin and end with /, such as /ops/', remedy: pathRemedy }

/** The message for each part of a permission set file that breaks a rule of `permissionSetFileSchema`. */
export const permissionSetRules: JsonRules = {
  $: rule('one JSON object with the fields of a permission set', 'write { "permissionSetName": "…", … }'),
  '$.$schema': rule('a text', 'write the path of the schema'),
  '$.permissionSetName': {
    expected: '1 to 32 letters, digits or _ + = , . @ - without spaces',
    remedy: () => 'write the name that stands in the file name, without .json',
    alphabet: nameCharacter,
  },
  '$.description': {
    expected: '1 to 700 characters of Latin-1, without word processor dashes and quotes',
    remedy: textRemedy(700),
    alphabet: /^[\t\n\r\x20-\x7e\xa1-\xff]$/,
  },
  '$.sessionDurationInMinutes': rule(
    'whole minutes from 60 to 720',
    'write a number such as 240 (4 hours), or leave the field out for 60',
  ),
  '$.relayState': {
    expected: '1 to 240 characters of A-Z a-z 0-9, space and & $ @ # \\ / % ? = ~ - _ \' " | ! : , . ; * + [ ] ( ) { }',
    remedy: textRemedy(240, ', percent-encoded where a URL needs other characters'),
    alphabet: /^[a-zA-Z0-9&$@#\\/%?=~\-_'"|!:,.;*+[\] (){}]$/,
  },
  '$.tags': rule(
    'a list of at most 50 tags',
    'write [{ "Key": "…", "Value": "…" }] with at most 50 tags, or leave the field out',
  ),
  '$.tags.[]': rule('a tag { "Key": "…", "Value": "…" }', 'write the tag as { "Key": "…", "Value": "…" }'),
  '$.tags.[].Key': {
    expected: '1 to 128 letters, digits, spaces or _ . : / = + - @, not beginning with aws:',
    remedy: (value) =>
      typeof value === 'string' && /^aws:/i.test(value)
        ? 'use another key, since AWS reserves those that begin with aws:'
        : 'write a key of those characters, or delete the tag',
    alphabet: tagCharacter,
  },
  '$.tags.[].Value': {
    expected: 'a text of 0 to 256 letters, digits, spaces or _ . : / = + - @',
    remedy: (value) =>
      value === undefined || value === null
        ? 'write "Value": "" where the tag has no value'
        : 'write a value of those characters, in double quotes',
    alphabet: tagCharacter,
  },
  '$.managedPoliciesArnList': rule(
    `a list of at most ${managedPoliciesMost} ARNs of AWS managed policies`,
    'write ["arn:aws:iam::aws:policy/…"], or leave the field out',
  ),
  '$.managedPoliciesArnList.[]': {
    expected: 'the ARN of an AWS managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess',
    remedy: (value) =>
      arnRemedy(value, (reference) => `delete it here and put ${reference} into customerManagedPoliciesList`),
  },
  '$.customerManagedPoliciesList': rule(
    `a list of at most ${managedPoliciesMost} customer managed policies`,
    'write [{ "Name": "…" }], or leave the field out',
  ),
  '$.customerManagedPoliciesList.[]': {
    expected: 'a customer managed policy { "Name": "…", "Path": "/…/" }, with Path where it is not /',
    remedy: (value) =>
      typeof value === 'string' ? `write { "Name": "${quote(value)}" } instead` : 'write it as { "Name": "…" }',
  },
  '$.customerManagedPoliciesList.[].Name': policyName,
  '$.customerManagedPoliciesList.[].Path': policyPath,
  '$.inlinePolicyDocument': {
    expected: 'a policy document as a JSON object',
    remedy: (value) =>
      typeof value === 'string'
        ? 'write the document itself { "Version": "2012-10-17", "Statement": [ … ] }, not a text that contains it'
        : 'write { "Version": "2012-10-17", "Statement": [ … ] }, or leave the field out',
  },
  '$.permissionsBoundary': {
    expected: 'either { "ManagedPolicyArn": "…" } or { "CustomerManagedPolicyReference": { "Name": "…" } }',
    remedy: (value) =>
      isJsonObject(value) && Object.keys(value).length > 1
        ? 'keep one of the two policies, since a permission set has one boundary'
        : 'write one of the two, or leave the field permissionsBoundary out',
  },
  '$.permissionsBoundary.ManagedPolicyArn': {
    expected: 'the ARN of an AWS managed policy, such as arn:aws:iam::aws:policy/PowerUserAccess',
    remedy: (value) =>
      arnRemedy(value, (reference) => `write { "CustomerManagedPolicyReference": ${reference} } instead`),
  },
  '$.permissionsBoundary.CustomerManagedPolicyReference': rule(
    'a customer managed policy { "Name": "…", "Path": "/…/" }, with Path where it is not /',
    'write it as { "Name": "…" }',
  ),
  '$.permissionsBoundary.CustomerManagedPolicyReference.Name': policyName,
  '$.permissionsBoundary.CustomerManagedPolicyReference.Path': policyPath,
  '$.owner': ownerRule,
}

function textRemedy(most: number, hint = ''): (value: JsonValue | undefined) => string {
  return (value) => {
    if (typeof value !== 'string') return 'write a text in double quotes, or leave the field out'
    if (value === '') return 'leave the field out to have none'
    if (value.length > most) return `shorten it to ${most} characters`
    const fancy = [...value].find((character) => plainTwin(character) !== undefined)
    if (fancy !== undefined) return `write '${plainTwin(fancy)}' instead of '${fancy}' (${codePoint(fancy)})`
    return `write it with those characters only${hint}`
  }
}

/** The ARNs of AWS's own policies have `aws` in the place of a customer's account id. */
function arnRemedy(value: JsonValue | undefined, instead: (reference: string) => string): string {
  const customer = typeof value === 'string' ? /^arn:[\w-]+:iam::\d{12}:policy(\/.*)$/.exec(value)?.[1] : undefined
  if (customer === undefined) return 'write the whole ARN as the IAM console shows it on the page of the policy'
  const slash = customer.lastIndexOf('/')
  const path = customer.slice(0, slash + 1)
  const name = `"Name": "${quote(customer.slice(slash + 1))}"`
  return instead(path === '/' ? `{ ${name} }` : `{ ${name}, "Path": "${quote(path)}" }`)
}

function pathRemedy(value: JsonValue | undefined): string {
  const inner = typeof value === 'string' && value.length < 1000 ? value.replace(/^\/+|\/+$/g, '') : ''
  return /^[A-Za-z0-9.,+@=_/-]{1,500}$/.test(inner)
    ? `write "/${inner.replace(/\/+/g, '/')}/"`
    : 'write the path as IAM shows it, or leave the field out for /'
}
