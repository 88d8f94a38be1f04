import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { listRecordedAccess } from '../../../../shared/modules/access/list-recorded-access.ts'
import { World } from '../../../world.ts'

const id = '11111111-2222-3333-4444-555555555555'
const arn = 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'
const instant = '2026-03-03T10:00:00.000Z'
const ours = {
  v: 1,
  state: 'granted',
  principal: 'team',
  principalId: id,
  permissionSetArn: arn,
  links: [],
  attempts: 0,
}
const foreign = { v: 1, principal: 'team', principalId: id, permissionSetArn: arn, links: [], seenAt: instant }
const role = {
  ...{ v: 1, principal: 'team', principalId: id, roleArn: 'arn:aws:iam::200000000000:role/Own', seenAt: instant },
  application: 'arn:aws:account-access:us-east-1:200000000000:application/app-1',
}

type Kind = 'ours' | 'foreign' | 'role' | 'broken'
const kinds: readonly Kind[] = ['ours', 'foreign', 'role', 'broken']
const bodies = { ours: { ...ours, updatedAt: instant }, foreign, role, broken: {} }
const record = fc.record({ account: fc.nat({ max: 9 }), set: fc.nat({ max: 4 }), kind: fc.constantFrom(...kinds) })

const nameOf = ({ set, kind }: { readonly set: number; readonly kind: Kind }) =>
  kind === 'role' ? `role:Own${set}` : `${kind}${set}-ps`

async function fill(world: World, records: readonly { account: number; set: number; kind: Kind }[]): Promise<void> {
  for (const one of records) {
    const prefix = one.kind === 'ours' || one.kind === 'broken' ? 'assignments' : 'foreign'
    const key = `${prefix}/account%20000000000${one.account}%${nameOf(one)}%${id}%GROUP`
    await world.objects.put(key, JSON.stringify(bodies[one.kind]))
  }
}

test('parts of any size have everything once: whole accounts, ascending', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), async (records, size) => {
      const world = new World()
      await fill(world, records)
      const parts = await Array.fromAsync(listRecordedAccess(world.objects, {}, undefined, size))
      const [whole] = await Array.fromAsync(listRecordedAccess(world.objects))
      const accountsOf = (part: (typeof parts)[number]) => [
        ...new Set([...part.accesses, ...part.entitlements].map(({ accountId }) => accountId)),
      ]
      const all = parts.flatMap((part) => [...part.accesses, ...part.entitlements])
      expect(parts.flatMap(({ accesses }) => accesses)).toEqual(whole?.accesses)
      expect(parts.flatMap(({ entitlements }) => entitlements)).toEqual(whole?.entitlements)
      expect(parts.flatMap(({ spoiled }) => spoiled).sort()).toEqual(whole?.spoiled)
      const accounts = parts.flatMap((part) => accountsOf(part).sort())
      expect(accounts).toEqual([...new Set(accounts)].sort())
      expect([whole?.isOnly, parts.every(({ isOnly }) => isOnly === (parts.length === 1))]).toEqual([true, true])
      const named = (one: (typeof records)[number]) => `20000000000${one.account} ${nameOf(one)}`
      const wanted = records.filter(({ kind }) => kind !== 'broken').map(named)
      expect(all.map((one) => `${one.accountId} ${one.permissionSet}`).sort()).toEqual([...new Set(wanted)].sort())
      const broken = records.filter(({ kind }) => kind === 'broken').map(named)
      expect(whole?.spoiled).toHaveLength(new Set(broken).size)
    }),
    { numRuns: 60 },
  )
})
