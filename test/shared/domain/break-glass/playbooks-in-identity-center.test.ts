import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { allowsEverything } from '../../../../shared/domain/iam-policies/allows-everything.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { parseEligibilityFile } from '../../../../shared/domain/requests/eligibility-file.ts'

const folder = new URL('../../../../fixtures/playbooks/', import.meta.url)
const files = (prefix: string) =>
  readdirSync(new URL(prefix, folder)).map((name) => ({
    name: name.replace('.json', ''),
    key: `${prefix}${name}`,
    body: readFileSync(new URL(`${prefix}${name}`, folder)),
  }))
const sets = files('permission_sets/')
const eligibilities = files('eligibility/')
const inline = z.object({
  inlinePolicyDocument: z.object({ Statement: z.array(z.looseObject({ Sid: z.string(), Effect: z.string() })) }),
})

test('there are four playbooks, each with an eligibility that means exactly it', () => {
  const meant = eligibilities.map(({ key, body }) => {
    const read = parseEligibilityFile(key, body)
    return read.ok ? read.value.permissionSets.join() : read.complaint
  })
  expect(meant.sort()).toEqual(sets.map(({ name }) => name).sort())
  expect(sets).toHaveLength(4)
})

test.each(sets)(
  '$name is valid, is no administrator, and denies other Regions and addresses, and changes of trail and break-glass',
  ({ key, body }) => {
    const read = parsePermissionSetFile(key, body)
    expect(read).toMatchObject({ ok: true })
    expect(read.ok && allowsEverything(read.value)).toBe(false)
    const { Statement } = inline.parse(JSON.parse(body.toString())).inlinePolicyDocument
    expect(Statement.filter(({ Effect }) => Effect === 'Deny').map(({ Sid }) => Sid)).toEqual([
      'OnlyInTheseRegions',
      'OnlyFromTheseAddresses',
      'KeepsTheTrail',
      'KeepsBreakGlass',
    ])
  },
)
