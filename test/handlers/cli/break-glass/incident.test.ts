import { expect, test } from '@jest/globals'
import { readIncidentUses, renderIncident } from '../../../../handlers/cli/break-glass/incident.ts'
import { requestDigest } from '../../../../shared/domain/files/access-request.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { tellStory } from '../../../../shared/modules/requests/rules/request-story.ts'
import { recordUses } from '../../../../shared/modules/usage/use-records.ts'
import { World } from '../../../world.ts'

const user = principalId.parse('5f3c7f0a-1111-4222-8333-000000000001')
const permissionSet = permissionSetName.parse('Admin-ps')
const [known, never] = ['111122223333', '444455556666'].map((id) => accountId.parse(id))

test('an incident says which uses are of access that nobody has or ever had', async () => {
  const world = new World()
  await world.objects.put(
    `history/account%${known}%${permissionSet}%${user}%USER/2026-03-03T09:00:00.000Z%granted.json`,
    '{}',
  )
  for (const account of [known, never])
    if (account)
      await recordUses(world.ports, user, [{ user, account, permissionSet, at: '2026-03-03T10:00:00.000Z', by: 'cli' }])
  const [from, until] = ['2026-03-03T09:30:00Z', '2026-03-03T11:00:00Z'].map((at) => new Date(at))
  if (from === undefined || until === undefined) throw new Error('no time')
  const sessions = { user, userName: 'ana', permissionSet, from, until }
  const uses = await readIncidentUses(world.objects, sessions)
  expect(uses.map(({ account, isUnknown = false }) => [account, isUnknown])).toEqual([
    [known, false],
    [never, true],
  ])
  const digest = requestDigest.parse('0123456789abcdef0123456789abcdef')
  const key = `requests/${user}/root%all%Admin-ps%ana%USER%ssofile`
  const story = tellStory({ key, digest }, [{ event: 'asked', at: '2026-03-03T09:00:00.000Z' }], {})
  const text = renderIncident('INC-1', [{ story, sessions, uses }], undefined)
  expect(text).toContain(`in ${known} in 1 hour`)
  expect(text).toContain(`in ${never} (not known to ssofile) in 1 hour`)
})
