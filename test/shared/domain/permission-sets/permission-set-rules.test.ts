import { expect, test } from '@jest/globals'
import type { JsonValue } from '../../../../shared/domain/json/strict-json.ts'
import { permissionSetRules } from '../../../../shared/domain/permission-sets/permission-set-rules.ts'

const aTag = 'write the tag as { "Key": "…", "Value": "…" }'
const aPolicy = 'write it as { "Name": "…" }'
const noValue = 'write "Value": "" where the tag has no value'
const someValue = 'write a value of those characters, in double quotes'
const reserved = 'use another key, since AWS reserves those that begin with aws:'
const someKey = 'write a key of those characters, or delete the tag'
const document = 'write { "Version": "2012-10-17", "Statement": [ … ] }, or leave the field out'
const itself = 'write the document itself { "Version": "2012-10-17", "Statement": [ … ] }, not a text that contains it'
const one = 'write one of the two, or leave the field permissionsBoundary out'
const both = 'keep one of the two policies, since a permission set has one boundary'
const aText = 'write a text in double quotes, or leave the field out'
const those = 'write it with those characters only'
const wholeArn = 'write the whole ARN as the IAM console shows it on the page of the policy'
const aPath = 'write the path as IAM shows it, or leave the field out for /'
const arn = (rest: string) => `arn:aws:iam::123456789012:policy${rest}`

test.each<[string, JsonValue | undefined, string]>([
  ['$', [], 'write { "permissionSetName": "…", … }'],
  ['$.permissionSetName', 'a b', 'write the name that stands in the file name, without .json'],
  ['$.description', 7, aText],
  ['$.description', undefined, aText],
  ['$.description', '', 'leave the field out to have none'],
  ['$.description', 'd'.repeat(700), those],
  ['$.description', 'd'.repeat(701), 'shorten it to 700 characters'],
  ['$.description', 'a – b', "write '-' instead of '–' (U+2013)"],
  ['$.description', '字', those],
  ['$.relayState', 'r'.repeat(241), 'shorten it to 240 characters'],
  ['$.relayState', '<', `${those}, percent-encoded where a URL needs other characters`],
  ['$.sessionDurationInMinutes', 5, 'write a number such as 240 (4 hours), or leave the field out for 60'],
  ['$.tags', 'x', 'write [{ "Key": "…", "Value": "…" }] with at most 50 tags, or leave the field out'],
  ['$.tags.[]', 'x', aTag],
  ['$.tags.[].Key', 'AWS:x', reserved],
  ['$.tags.[].Key', 'x-aws:x<', someKey],
  ['$.tags.[].Key', ['aws:'], someKey],
  ['$.tags.[].Value', undefined, noValue],
  ['$.tags.[].Value', null, noValue],
  ['$.tags.[].Value', 7, someValue],
  ['$.managedPoliciesArnList', 'x', 'write ["arn:aws:iam::aws:policy/…"], or leave the field out'],
  ['$.managedPoliciesArnList.[]', 'ReadOnlyAccess', wholeArn],
  ['$.managedPoliciesArnList.[]', [arn('/x')], wholeArn],
  ['$.managedPoliciesArnList.[]', `x${arn('/x')}`, wholeArn],
  ['$.managedPoliciesArnList.[]', arn('/x\ny'), wholeArn],
  ['$.managedPoliciesArnList.[]', arn('/x'), 'delete it here and put { "Name": "x" } into customerManagedPoliciesList'],
  [
    '$.managedPoliciesArnList.[]',
    arn('/ops/team/x'),
    'delete it here and put { "Name": "x", "Path": "/ops/team/" } into customerManagedPoliciesList',
  ],
  ['$.customerManagedPoliciesList', 'x', 'write [{ "Name": "…" }], or leave the field out'],
  ['$.customerManagedPoliciesList.[]', 'x', 'write { "Name": "x" } instead'],
  ['$.customerManagedPoliciesList.[]', 7, aPolicy],
  [
    '$.customerManagedPoliciesList.[].Name',
    '/ops/x',
    "write the policy's name as IAM shows it (its path goes into Path)",
  ],
  ['$.customerManagedPoliciesList.[].Path', 'ops', 'write "/ops/"'],
  ['$.customerManagedPoliciesList.[].Path', '//ops//team//', 'write "/ops/team/"'],
  ['$.customerManagedPoliciesList.[].Path', 'o p s', aPath],
  ['$.customerManagedPoliciesList.[].Path', ' ops', aPath],
  ['$.customerManagedPoliciesList.[].Path', '/', aPath],
  ['$.customerManagedPoliciesList.[].Path', ['ops'], aPath],
  ['$.customerManagedPoliciesList.[].Path', undefined, aPath],
  ['$.customerManagedPoliciesList.[].Path', 'p'.repeat(500), `write "/${'p'.repeat(500)}/"`],
  ['$.customerManagedPoliciesList.[].Path', 'p'.repeat(501), aPath],
  ['$.customerManagedPoliciesList.[].Path', `p${'/'.repeat(998)}`, 'write "/p/"'],
  ['$.customerManagedPoliciesList.[].Path', `p${'/'.repeat(999)}`, aPath],
  ['$.inlinePolicyDocument', '{}', itself],
  ['$.inlinePolicyDocument', 7, document],
  ['$.permissionsBoundary', { ManagedPolicyArn: 'x', CustomerManagedPolicyReference: { Name: 'x' } }, both],
  ['$.permissionsBoundary', { ManagedPolicyArn: 'x' }, one],
  ['$.permissionsBoundary', {}, one],
  ['$.permissionsBoundary', ['x', 'y'], one],
  [
    '$.permissionsBoundary.ManagedPolicyArn',
    arn('/x'),
    'write { "CustomerManagedPolicyReference": { "Name": "x" } } instead',
  ],
  ['$.permissionsBoundary.CustomerManagedPolicyReference', 'x', aPolicy],
])('at %s the remedy fits what was received (%#)', (shape, value, remedy) => {
  expect(permissionSetRules[shape]?.remedy(value)).toBe(remedy)
})
