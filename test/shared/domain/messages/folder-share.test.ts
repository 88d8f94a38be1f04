import { expect, test } from '@jest/globals'
import { shareOf } from '../../../../shared/domain/messages/folder-share.ts'

const folders = ['team-a', 'team-a/prod', 'team-b']
const grant = 'root%all%Billing-ps%team%GROUP%ssofile'

test.each([
  [`links_data/team-a/${grant}`, 'folder team-a'],
  [`links_data/team-a/prod/${grant}`, 'folder team-a/prod'],
  ['links_data/team-a/any/depth/bad file', 'folder team-a'],
  ['links_data/team-b/', 'folder team-b'],
  [`links_data/${grant}`, 'no folder'],
  ['links_data/account%1%ReadOnly%a/b%GROUP%ssofile', 'no folder'],
  ['links_data/team-ax/bad', 'undeclared folders'],
  ['links_data/temporary/root%all', 'folder temporary'],
  ['links_data/invented/1/bad', 'undeclared folders'],
  ['links_data/invented/2/bad', 'undeclared folders'],
  ['reconcile', 'no link: reconcile'],
  ['suspended/maria', 'suspended/maria'],
  ['state/open/2026-03-03T09:00:00.000Z%account%1', 'no link: state'],
])('what %j causes has the share %j', (cause, share) => {
  expect(shareOf(cause, folders)).toBe(share)
})
