import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { OrganizationsChange } from '../../../../shared/memory/organizations/organization-records.ts'
import { openWorld, website } from '../../../contract/identity-center-world.ts'

const invited = accountId.parse('900000000001')
const stranger = accountId.parse('900000000002')
const target = { type: 'ACCOUNT', id: invited } as const
const day = 24 * 60 * 60_000

function open() {
  const changes: OrganizationsChange[] = []
  const world = openWorld({ organizations: { onChange: (change) => changes.push(change) } })
  return { ...world, changes }
}

describe('an account that is invited', () => {
  test('an account that is invited is a member from its own acceptance on, at the root', async () => {
    const { organizations, changes } = open()
    const { id } = await organizations.inviteAccountToOrganization(target)
    expect(await organizations.describeAccount(invited)).toBeUndefined()
    await organizations.acceptHandshake(id, invited)
    expect(await organizations.describeAccount(invited)).toMatchObject({
      state: 'ACTIVE',
      parents: [expect.any(String)],
    })
    expect(changes).toMatchObject([{ event: 'AccountJoinedOrganization', accountId: invited, joinedMethod: 'Invited' }])
  })

  test('an account that is invited has the tags that it was invited with once it is a member', async () => {
    const { organizations } = open()
    const { id } = await organizations.inviteAccountToOrganization(target, { team: 'Web' })
    await organizations.acceptHandshake(id, invited)
    expect(await organizations.listTags(invited)).toEqual({ team: 'Web' })
  })

  test('an account that is invited leaves by itself', async () => {
    const { organizations, changes } = open()
    const { id } = await organizations.inviteAccountToOrganization(target)
    await organizations.acceptHandshake(id, invited)
    await organizations.leaveOrganization(invited)
    expect(await organizations.describeAccount(invited)).toBeUndefined()
    expect(changes.at(-1)).toMatchObject({ event: 'AccountDepartedOrganization', departedMethod: 'Left' })
  })

  test('an account that is invited cannot be accepted for by another, twice, or after fifteen days', async () => {
    const { organizations, clock } = open()
    const { id } = await organizations.inviteAccountToOrganization(target)
    await expect(organizations.acceptHandshake(id, stranger)).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(organizations.acceptHandshake('h-00000000', invited)).rejects.toMatchObject({
      code: 'HandshakeNotFoundException',
    })
    await clock.advance(15 * day)
    const late = organizations.acceptHandshake(id, invited)
    await expect(late).rejects.toMatchObject({ code: 'HandshakeAlreadyInStateException' })
  })

  test('an account that is invited is not invited twice, and a member not at all', async () => {
    const { organizations } = open()
    await organizations.inviteAccountToOrganization(target)
    for (const id of [invited, website]) {
      const again = organizations.inviteAccountToOrganization({ type: 'ACCOUNT', id })
      await expect(again).rejects.toMatchObject({ code: 'DuplicateHandshakeException' })
    }
  })
})
