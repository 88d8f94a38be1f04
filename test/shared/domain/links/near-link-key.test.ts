import { expect, test } from '@jest/globals'
import { nearLinkName } from '../../../../shared/domain/links/near-link-key.ts'

const near = (name: string) => nearLinkName(name, ['team-a', 'sync/upstream'])

test.each([
  'root%all%P%g%GROUP%ssofile',
  'team-a/account%012345678901%P%g%USER%ssofile',
  'account_tag%a=b^c=d%P%50 %%GROUP%ssofile',
  'account_tag%^v%P%g%GROUP%ssofile',
  'ou_id%ou-abcd-11111111%P%Some Group%GROUP%ssofile',
])('what is right stays as it is: %s', (name) => {
  expect(near(name)).toBe(name)
})

test.each([
  ['a type in small letters', 'root%all%P%g%group%ssofile', 'root%all%P%g%GROUP%ssofile'],
  ['a type in the plural, with spaces', 'root%all%P%g% Users %ssofile', 'root%all%P%g%USER%ssofile'],
  ['two letters of the type in the wrong order', 'root%all%P%g%GRUOP%ssofile', 'root%all%P%g%GROUP%ssofile'],
  ['a letter of the type too few', 'root%all%P%g%USR%ssofile', 'root%all%P%g%USER%ssofile'],
  ['a letter of the scope too few', 'acount%x%P%g%GROUP%ssofile', 'account%x%P%g%GROUP%ssofile'],
  ['no suffix', 'root%all%P%g%GROUP', 'root%all%P%g%GROUP%ssofile'],
  ['no suffix and a type in small letters', 'root%all%P%g% user ', 'root%all%P%g%USER%ssofile'],
  ['an ending', 'root%all%P%g%GROUP%ssofile.txt', 'root%all%P%g%GROUP%ssofile'],
  ['a suffix in capitals, with spaces', 'root%all%P%g%GROUP% SSOFILE (1)', 'root%all%P%g%GROUP%ssofile'],
  ['a word in place of root', 'Root %ALL %P%g%GROUP%ssofile', 'root%all%P%g%GROUP%ssofile'],
  ['spaces around the permission set', 'root%all% P %g%GROUP%ssofile', 'root%all%P%g%GROUP%ssofile'],
  ['an account with hyphens', 'account%0123-4567-8901%P%g%GROUP%ssofile', 'account%012345678901%P%g%GROUP%ssofile'],
  ['an account in spaces', 'root% 012345678901 %P%g%GROUP%ssofile', 'account%012345678901%P%g%GROUP%ssofile'],
  ['an account id after root', 'root%012345678901%P%g%GROUP%ssofile', 'account%012345678901%P%g%GROUP%ssofile'],
  ['the plural of account', 'accounts%x%P%g%GROUP%ssofile', 'account%x%P%g%GROUP%ssofile'],
  ['account-id', 'Account-ID%x%P%g%GROUP%ssofile', 'account%x%P%g%GROUP%ssofile'],
  ['an OU after account', 'account%OU-abcd-11111111 %P%g%GROUP%ssofile', 'ou_id%ou-abcd-11111111%P%g%GROUP%ssofile'],
  ['the root id after ou', 'ou%R-abcd%P%g%GROUP%ssofile', 'ou_id%r-abcd%P%g%GROUP%ssofile'],
  ['organizational unit', 'Organizational - Unit%x%P%g%GROUP%ssofile', 'ou_id%x%P%g%GROUP%ssofile'],
  ['a tag after tag', 'tag%a^b%P%g%GROUP%ssofile', 'account_tag%a^b%P%g%GROUP%ssofile'],
  ['a tag after another scope', 'group%a^b%P%g%GROUP%ssofile', 'account_tag%a^b%P%g%GROUP%ssofile'],
  ['a tag with =', 'tag%cost=b%P%g%GROUP%ssofile', 'account_tag%cost^b%P%g%GROUP%ssofile'],
  ['an empty value after =', 'account tag%a=%P%g%GROUP%ssofile', 'account_tag%a^%P%g%GROUP%ssofile'],
  ['something before the scope', 'links_root%all%P%g%GROUP%ssofile', 'root%all%P%g%GROUP%ssofile'],
  ['a folder in another case', 'Team-A/root%all%P%g%GROUP%ssofile', 'team-a/root%all%P%g%GROUP%ssofile'],
  ['accents as macOS writes them', 'root%all%P%e\u0301%GROUP%ssofile', 'root%all%P%é%GROUP%ssofile'],
  ['a line end', 'root%all%P%g%GROUP%ssofile\n', 'root%all%P%g%GROUP%ssofile'],
  ['each sign encoded', 'root%25all%25P%25a%20b%25GROUP%25ssofile', 'root%all%P%a b%GROUP%ssofile'],
])('the slip is undone: %s', (_, name, meant) => {
  expect(near(name)).toBe(meant)
})

test.each([
  ['which of 13 digits is too many', 'root%0123456789012%P%g%GROUP%ssofile'],
  ['what 12 digits before letters are', 'root%012345678901x%P%g%GROUP%ssofile'],
  ['what 12 digits after letters are', 'root%x012345678901%P%g%GROUP%ssofile'],
  ['what an id after letters is', 'root%x-ou-abcd-11111111%P%g%GROUP%ssofile'],
  ['what a sign in an id is', 'root%r-abcd!%P%g%GROUP%ssofile'],
  ['which tag has no key', 'root%^v%P%g%GROUP%ssofile'],
  ['which of two = is meant', 'account_tag%a=b=c%P%g%GROUP%ssofile'],
  ['what = at the beginning is', 'account_tag%=b%P%g%GROUP%ssofile'],
  ['which scope is meant', 'everywhere%x%P%g%GROUP%ssofile'],
  ['which type is meant', 'root%all%P%g%TEAM%ssofile'],
  ['what another suffix is', 'root%all%P%g%GROUP%nossofile'],
  ['what a longer suffix is', 'root%all%P%g%GROUP%ssofiles'],
  ['which folder is meant', 'nowhere/root%all%P%g%GROUP%ssofile'],
  ['what a name without fields is', 'notes.txt'],
  ['whether a part that looks encoded is', 'root%all%P%25%20g%GROUP%ssofile'],
  ['what bytes that are no UTF-8 are', 'root%25all%25P%25%ff%25GROUP%25ssofile'],
  ['whether one percent sign was encoded', 'root%25all%25P%25g%2xGROUP%25ssofile'],
])('only the writer can know %s, so it stays', (_, name) => {
  expect(near(name)).toBe(name)
})
