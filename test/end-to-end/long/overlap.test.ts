import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

/** Everything is about this one; the links reach no other. */
const account = '200000000001'
const scopes = ['root%all', `account%${account}`, 'ou_id%ou-lone-workload', 'account_tag%team^Data'] as const
const folders = ['', 'team-a/', 'sync/upstream/'] as const

type Case = { readonly group: string; readonly links: readonly string[] }
const grantOf = (group: string) => `ReadOnly-ps%${group}%GROUP`
const scopeCases = ordersOf(scopes).map((order, index): Case => {
  const group = `order ${index + 1}`
  return { group, links: order.map((scope) => `links_data/${scope}%${grantOf(group)}%ssofile`) }
})
const folderCases = ordersOf(folders).map((order, index): Case => {
  const group = `folders ${index + 1}`
  return { group, links: order.map((folder) => `links_data/${folder}root%all%${grantOf(group)}%ssofile`) }
})

let system: LocalSystem
beforeAll(async () => {
  const { managementAccountId, root } = smallOrganization()
  const organization = {
    managementAccountId,
    root: {
      ...root,
      id: 'r-lone',
      organizationalUnits: [
        {
          id: 'ou-lone-workload',
          name: 'Workloads',
          accounts: [{ id: account, name: 'lone', email: 'lone@tiny.example', tags: { team: 'Data' } }],
        },
      ],
    },
    groups: [...scopeCases, ...folderCases].map(({ group }) => group),
  }
  system = await LocalSystem.start({ organization, configuration: { folders: ['team-a', 'sync/upstream'] } })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
})
afterAll(() => system.stop(), 60_000)

describe.each([
  { title: 'a root, an account, an OU and a tag link', cases: scopeCases },
  { title: 'two folders and the root', cases: folderCases },
])('access that $title grant, deleted in every order', ({ cases }) => {
  const grants = cases.map(({ group }) => grantOf(group)).sort()
  const assignments = cases.map(({ group }) => `account%${account}%${grantOf(group)}%ssofile`).sort()
  const rounds = cases[0]?.links.length ?? 0

  test('is granted once and stays until the last of them goes', async () => {
    const earlier = system.calls.length
    const all = cases.flatMap(({ links }) => links)
    await system.uploadAll(all)
    await system.untilStatuses(all, 'applied')
    expect(await system.access.inAccount(account)).toEqual(grants)

    for (let round = 1; round < rounds; round++) {
      await removeRound(round)
      expect(await system.access.inAccount(account)).toEqual(grants)
      expect(await ledger()).toEqual(assignments)
    }
    await removeRound(rounds)
    expect(await ledger()).toEqual([])
    expect(await system.access.inAccount(account)).toEqual([])
    for (const { group } of cases) {
      const history = await system.history(`account%${account}%${grantOf(group)}`)
      // Each link that goes changes what it rests on.
      expect(history.filter((event) => event !== 'terms-changed')).toEqual(['granted', 'revoked'])
    }
    expect(system.accepted('CreateAccountAssignment', earlier)).toBe(cases.length)
    expect(system.accepted('DeleteAccountAssignment', earlier)).toBe(cases.length)
  })

  /** Of each case the link whose turn it is. */
  async function removeRound(round: number): Promise<void> {
    const links = cases.flatMap((one) => one.links.slice(round - 1, round))
    await system.removeAll(links)
    await system.untilGone(...links)
  }

  async function ledger(): Promise<readonly string[]> {
    return system.named('assignments/')
  }
})

function ordersOf<T>(values: readonly T[]): readonly (readonly T[])[] {
  if (values.length === 0) return [[]]
  return values.flatMap((first) => ordersOf(values.filter((value) => value !== first)).map((rest) => [first, ...rest]))
}
