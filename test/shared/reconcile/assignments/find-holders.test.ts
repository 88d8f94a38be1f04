import { describe, expect, test } from '@jest/globals'
import { findHolders } from '../../../../shared/reconcile/assignments/find-holders.ts'
import { PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { Settling } from '../../../settling.ts'

const find = (bench: Settling) => bench.within((context) => findHolders(bench.assignment, context))

describe('what a hint by name is about', () => {
  test('is the access of whoever has the name, although the ledger knows of none', async () => {
    const bench = new Settling()
    expect(await find(bench)).toEqual({ keys: [bench.key] })
  })

  test('is also the access of each that had the name when the ledger last heard of it, and that the ledger has there', async () => {
    const bench = new Settling()
    await bench.upload()
    await bench.settle()
    await bench.world.identityStore.deleteGroup(bench.target().principalId)
    await bench.world.identityStore.createGroup({ displayName: bench.principal })
    // Somebody who had the name and has nothing here.
    const { principalId: id } = bench.target('team-Web')
    await new PrincipalNames(bench.world.objects).note({ type: 'GROUP', id, name: bench.assignment.principal })
    expect(await find(bench)).toEqual({ keys: [bench.world.keyOf(bench.link), bench.key] })
  })

  test('is an access whose entry nobody can read, too', async () => {
    const bench = new Settling()
    await bench.upload()
    await bench.settle()
    const { principalId } = bench.target()
    await bench.world.identityStore.updateGroup(principalId, [{ path: 'displayName', value: 'passing' }])
    await bench.world.objects.put(bench.ledgerKey, '{oops')
    expect((await find(bench)).keys).toEqual([bench.key])
  })

  test('is nobody where nobody has, or had, the name; the links that ask for it are told', async () => {
    const bench = new Settling()
    const { principalId } = bench.target()
    await bench.world.identityStore.deleteGroup(principalId)
    expect(await find(bench)).toEqual({ keys: [] })
    await bench.upload()
    const lack = {
      reason: "group 'team-Accountants' does not exist in the identity store",
      remedy: expect.stringContaining('create the group'),
    }
    expect(await find(bench)).toEqual({ keys: [], lacks: new Map([[bench.link, lack]]) })
  })
})
