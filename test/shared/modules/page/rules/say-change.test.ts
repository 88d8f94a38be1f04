import { expect, test } from '@jest/globals'
import { sayChange } from '../../../../../shared/modules/page/rules/say-change.ts'

const at = '2026-03-03T10:00:00.000Z'
const name = 'account%233000000001%ReadOnly-ps%a%2Fteam%GROUP%ssofile'
const accounts = { '233000000001': 'payments-prod' }

test.each([
  ['granted', 'AWS:AROAEXAMPLE1234567890:kenji', 'kenji gave a/team ReadOnly-ps in payments-prod'],
  ['revoked', 'AWS:kenji', 'kenji took ReadOnly-ps in payments-prod from a/team'],
  [
    'revoked',
    'review:all/maria%20b@acme.example',
    'maria b@acme.example (review all) took ReadOnly-ps in payments-prod from a/team',
  ],
  [
    'revoked',
    'review:q/Doe,%20Jane, AWS:kenji, review:all',
    'Doe, Jane (review q), kenji, the review all took ReadOnly-ps in payments-prod from a/team',
  ],
  ['revoked', 'review:all', 'the review all took ReadOnly-ps in payments-prod from a/team'],
  ['granted', undefined, 'a/team got ReadOnly-ps in payments-prod'],
  ['foreign-found', 'AWS:kenji', 'a/team has ReadOnly-ps in payments-prod, given outside ssofile'],
  ['held', undefined, 'a/team keeps ReadOnly-ps in payments-prod, because the brake holds its end'],
])('the change %s by %s is a sentence', (event, by, text) => {
  const said = sayChange({ at, event, name, ...(by && { by }), links: [`links_data/${name}`] }, accounts)
  expect(said).toMatchObject({ text, who: 'a/team', account: 'payments-prod', set: 'ReadOnly-ps', link: name })
})

test.each(['', `%${'a'.repeat(32)}`, `%${'a'.repeat(32)}%92307020-41b6-05ce-951e-70dfe8931aa2`])(
  'a request is a sentence, with its upload and approver or without: %j',
  (upload) => {
    const name = `requests/u-1/account%233000000001%ReadOnly-ps%ken%ji%USER%ssofile${upload}`
    expect(sayChange({ at, event: 'request-asked', name }, accounts)).toMatchObject({
      text: 'ken%ji requested ReadOnly-ps in payments-prod',
    })
  },
)

test('a change of something else keeps its name', () => {
  expect(sayChange({ at, event: 'permission-set-restored', name: 'Read-ps' }, {})).toMatchObject({
    text: 'permission set restored: Read-ps',
    who: '',
  })
})
