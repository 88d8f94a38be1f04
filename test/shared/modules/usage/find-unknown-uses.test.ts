import { expect, test } from '@jest/globals'
import { renderUses } from '../../../../handlers/cli/who/who-uses.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { findUnknownUses } from '../../../../shared/modules/usage/find-unknown-uses.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const user = principalId.parse('5f3c7f0a-1111-4222-8333-000000000001')
const account = accountId.parse('111122223333')
const use = (name: string) => ({
  user,
  account,
  permissionSet: permissionSetName.parse(name),
  at: '2026-03-03T10:00:00.000Z',
  by: 'cli' as const,
})
const of = (name: string) => `account%${account}%${name}%9067642ac1-00000000-0000-4000-8000-000000000000%GROUP`

test('a use is of unknown access if ledger, foreign/ and history never had the permission set in the account', async () => {
  const { objects } = new World()
  await objects.put(`assignments/${of('Owned-ps')}`, '{}')
  await objects.put(`foreign/${of('Others-ps')}`, '{}')
  await objects.put(`history/${of('Ended-ps')}/2026-01-01T00:00:00.000Z%revoked.json`, '{}')
  await objects.put(`assignments/${of('Forged-ps-2')}`, '{}')
  await objects.put(`assignments/${of('Elsewhere-ps').replace(account, '999988887777')}`, '{}')
  const names = ['Owned-ps', 'Others-ps', 'Ended-ps', 'Forged-ps', 'Elsewhere-ps']
  expect(await findUnknownUses(objects, names.map(use))).toEqual(
    new Set([`${account}%Forged-ps`, `${account}%Elsewhere-ps`]),
  )
})

test('a thousand uses of one access by anybody cost at most three listings', async () => {
  let listings = 0
  const { objects } = intercept(new World().ports, ({ operation, proceed }) => {
    if (operation === 'list') listings++
    return proceed()
  })
  await findUnknownUses(objects, Array<ReturnType<typeof use>>(1_000).fill(use('Forged-ps')))
  expect(listings).toBe(3)
})

test('who --used says beside such a use that ssofile does not know the access', () => {
  const shown = { ...use('Forged-ps'), person: 'ana@acme.example', first: '', hours90: 1, hours400: 1 }
  const watched = { since: undefined, gaps: [] }
  expect(renderUses([{ ...shown, isUnknown: true }], watched, 200)).toContain('Forged-ps (not known to ssofile)')
  expect(renderUses([shown], watched, 200)).not.toContain('not known to ssofile')
})
