import { expect, test } from '@jest/globals'
import { joinLinkFields, splitFolder, splitLinkFields } from '../../../../shared/domain/links/link-fields.ts'

test.each(['a%b%c%d%e%f', '%%%%%', '%%c%d%e%f', 'root%all%ps%a%b%%c%GROUP%ssofile'])(
  'the fields of %j, joined again, are the same text',
  (text) => {
    const fields = splitLinkFields(text)
    expect(fields && joinLinkFields(fields)).toBe(text)
  },
)

test('a percent sign more belongs to the principal', () => {
  expect(splitLinkFields('root%all%ps%a%b%%c%GROUP%ssofile')).toEqual({
    scope: 'root',
    value: 'all',
    permissionSet: 'ps',
    principal: 'a%b%%c',
    type: 'GROUP',
    suffix: 'ssofile',
  })
})

test.each(['', 'a', 'a%', '%', '%%', 'a%b%c', 'a%b%c%d', 'a%b%c%d%e'])('%j has fewer than six fields', (text) => {
  expect(splitLinkFields(text)).toBeUndefined()
})

test.each([
  ['root%all%ps', undefined, 'root%all%ps'],
  ['team/root%all%a/b', 'team', 'root%all%a/b'],
  ['a/b/root%all', 'a/b', 'root%all'],
  ['team/no percent', 'team', 'no percent'],
  ['/%', '', '%'],
  ['%/', undefined, '%/'],
  ['a%/', undefined, 'a%/'],
])('the folder of %j is %j', (name, folder, rest) => {
  expect(splitFolder(name)).toEqual({ folder, rest })
})
