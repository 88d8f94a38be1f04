import { expect, test } from '@jest/globals'
import { allowsEverything } from '../../../../shared/domain/iam-policies/allows-everything.ts'

const inline = (Statement: unknown) => ({ managedPolicyArns: [], inlinePolicy: JSON.stringify({ Statement }) })
const all = { Effect: 'Allow', Action: '*', Resource: '*' }

test.each([
  ["AWS's policy AdministratorAccess", { managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }],
  ['the same in another partition', { managedPolicyArns: ['arn:aws-cn:iam::aws:policy/AdministratorAccess'] }],
  ['one statement that is no list', inline(all)],
  [
    'a statement among others, with lists',
    inline([{ Effect: 'Deny' }, { ...all, Action: ['s3:*', '*:*'], Resource: ['*'] }]),
  ],
])('a permission set with %s allows everything', (_, set) => {
  expect(allowsEverything(set)).toBe(true)
})

test.each([
  ['no policy', { managedPolicyArns: [] }],
  ['a policy of another name', { managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess-Amplify'] }],
  ['a denial of everything', inline({ ...all, Effect: 'Deny' })],
  ['a condition', inline({ ...all, Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })],
  ['every action of one service', inline({ ...all, Action: 's3:*' })],
  ['one resource', inline({ ...all, Resource: 'arn:aws:s3:::b' })],
  ['a policy that is none', inline('x')],
])('a permission set with %s does not', (_, set) => {
  expect(allowsEverything(set)).toBe(false)
})
