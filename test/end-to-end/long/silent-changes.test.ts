import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000002'
const set = 'Console-ps'
/** Ours in all accounts; in one, somebody gave it to the group before. */
const [ours, before] = ['everybody', 'before'].map((group) => `links_data/root%all%${set}%${group}%GROUP%ssofile`) as [
  string,
  string,
]

let system: LocalSystem
beforeAll(async () => {
  const permissionSets = [JSON.parse(permissionSetFile(set))]
  const assignments = [{ account, permissionSet: set, principal: 'before', type: 'GROUP' as const }]
  const organization = smallOrganization({ groups: ['everybody', 'before'], permissionSets, assignments })
  system = await LocalSystem.start({ organization })
})
afterAll(() => system.stop(), 60_000)

/** AWS does it, and no event tells. */
async function change(act: 'suspend' | 'reinstate'): Promise<void> {
  const response = await fetch(`${system.url}/_ssofile/accounts/${account}/${act}`, { method: 'POST' })
  expect(response.status).toBe(200)
}

/** After one reconcile. */
async function untilCounted(desired: number): Promise<void> {
  await system.ssofile(['apply', 's3://ssofile', '--no-drift'], 'ssofile')
  const tell = async () => JSON.stringify([await system.status(ours), await system.status(before)])
  for (const link of [ours, before]) {
    await until(
      `${desired} of ${desired} accounts of ${link}`,
      async () => {
        const { state, accounts } = (await system.status(link)) ?? {}
        const isTold = state === 'applied' && accounts?.desired === desired && accounts.applied === desired
        return isTold ? true : undefined
      },
      { withinMs: 10_000, tell },
    )
  }
}

test('a status counts the accounts that there are, after one was suspended and reinstated without an event', async () => {
  await system.upload(ours)
  await system.upload(before, '', 'other')
  await system.untilStatuses([ours, before], 'applied')
  await untilCounted(3)
  await change('suspend')
  await untilCounted(2)
  await change('reinstate')
  await untilCounted(3)
})
