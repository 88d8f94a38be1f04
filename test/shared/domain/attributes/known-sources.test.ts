import { expect, test } from '@jest/globals'
import { attributesKey } from '../../../../shared/domain/attributes/attributes-file.ts'
import { warnOfAttributesFile } from '../../../../shared/domain/attributes/known-sources.ts'

const warningsOf = (source: string, key: string = attributesKey) =>
  warnOfAttributesFile(
    key,
    new TextEncoder().encode(
      JSON.stringify({ AccessControlAttributes: [{ Key: 'Team', Value: { Source: [source] } }] }),
    ),
  )

test.each([
  `\${path:enterprise.costCenter}`,
  `\${path:addresses[type eq "work"].locality}`,
  `\${path:emails[primary eq true].value}`,
  `\${user:email}`,
  `\${dir:windowsUpn}`,
  `\${dir:proxyAddresses:SMTP}`,
  `\${dir:firstname} \${dir:lastname}`,
])('the source %s gives no warning', (source) => {
  expect(warningsOf(source)).toEqual([])
})

test.each([
  [`$\${path:enterprise.costCenter}`, `write '\${path:enterprise.costCenter}'`],
  [`\${path:enterprise.costcenter}`, `write '\${path:enterprise.costCenter}'`],
  [`\${PATH:userName}`, `write '\${path:userName}'`],
  [`\${path:enterprise.salary}`, 'write a source of that list'],
  [`\${path:userName`, 'write a source of that list'],
  ['path:userName', 'write a source of that list'],
  [`\${dir:}`, 'write a source of that list'],
])('the source %s gives a warning that says: %s', (source, remedy) => {
  const [warning, ...more] = warningsOf(source)
  expect(warning).toMatch(/^AWS does not list the source /)
  expect(warning).toContain(`'${source}' of 'Team'`)
  expect(warning?.endsWith(`: ${remedy}`)).toBe(true)
  expect(more).toEqual([])
})

test('other inputs and invalid files give no warning of sources', () => {
  expect(warningsOf('x', 'hygiene.json')).toEqual([])
  expect(warnOfAttributesFile(attributesKey, new TextEncoder().encode('{'))).toEqual([])
})
