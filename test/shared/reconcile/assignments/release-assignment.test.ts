import { expect, test } from '@jest/globals'
import { assignmentOf } from '../../../../shared/domain/assignments/assignment.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { releaseAssignment } from '../../../../shared/reconcile/assignments/release-assignment.ts'
import { NameIndex, PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { dyingPorts } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

/** Granted by a link, by ssofile itself. */
async function granted(): Promise<Settling> {
  const settling = new Settling()
  await settling.upload()
  await settling.settle()
  await settling.world.clock.advance(60_000)
  return settling
}

const release = (settling: Settling, ports: Ports = settling.world.ports) => releaseAssignment(settling.key, ports)

async function records(settling: Settling) {
  const { world } = settling
  return [(await world.namedKeys('assignments/')).length, (await world.namedKeys('foreign/')).length]
}

test('released access stays, is foreign, and nothing is called when its link is evaluated or deleted', async () => {
  const settling = await granted()
  expect(await release(settling)).toMatchObject({ outcome: 'released' })
  expect(await records(settling)).toEqual([0, 1])
  expect(await settling.history()).toEqual(['granted', 'foreign-found', 'released'])
  expect(await settling.settle()).toMatchObject({ result: 'applied', owned: false })
  await settling.world.objects.delete(settling.link)
  expect(await settling.settle()).toMatchObject({ result: 'absent' })
  expect(settling.world.ssoAdmin.isAssigned(settling.target())).toBe(true)
  expect([settling.calls('CreateAccountAssignment'), settling.calls('DeleteAccountAssignment')]).toEqual([1, 0])
})

test('the status of the link says that the access is not ours, once its open work is due', async () => {
  const settling = await granted()
  const { world } = settling
  await release(settling)
  world.start()
  await world.finish(world.everyMinute())
  await world.until(async () => (await world.json(`status/${settling.link}.json`))?.owned === false, 'the status')
})

test('a name that the entry has from before is not taken for the present one', async () => {
  const settling = await granted()
  const { world } = settling
  const { type, principalId: id } = assignmentOf(settling.key)
  await world.clock.advance(60_000)
  await new PrincipalNames(world.objects).note({ type, id, name: principalName.parse('team-Later') })
  expect(await release(settling)).toMatchObject({ outcome: 'released' })
  expect((await NameIndex.read(world.objects)).namesOf(type, id)).toEqual(['team-Later'])
})

test('an entry that is not at rest is not released', async () => {
  const settling = await granted()
  const entry = await settling.entry()
  await settling.own({ ...entry, state: 'held', reason: 'the brake holds it' })
  expect(await release(settling)).toMatchObject({
    outcome: 'refused',
    complaint: { received: expect.stringContaining('held, the brake holds it') },
  })
  expect(await records(settling)).toEqual([1, 0])
})

test.each([
  { by: 'the next evaluation, once its entry says so', isRepeated: false },
  { by: 'the next release', isRepeated: true },
])(
  'a release that dies after any write is ended by $by: the access is neither revoked nor lost',
  async ({ isRepeated }) => {
    for (let last = 0; ; last++) {
      const settling = await granted()
      let writes = 0
      const dying = dyingPorts(settling.world.ports, {
        at: ({ port, operation }) => port === 'objects' && /put|delete/.test(operation) && writes++ === last,
        when: 'after',
      })
      void release(settling, dying.ports)
      await settling.world.clock.advance(10_000)
      const { releasedAt } = { ...(await settling.entry()) }
      const isBegun = releasedAt !== undefined || (await records(settling))[0] === 0
      if (!isRepeated) await settling.settle()
      const [owned] = await records(settling)
      if (!isRepeated) expect({ last, owned }).toEqual({ last, owned: isBegun ? 0 : 1 })
      expect(await release(settling)).toMatchObject({ outcome: owned === 1 ? 'released' : 'refused' })
      expect({ last, records: await records(settling) }).toEqual({ last, records: [0, 1] })
      expect(await settling.history()).toEqual(['granted', 'foreign-found', 'released'])
      expect(await settling.settle()).toMatchObject({ result: 'applied', owned: false })
      await settling.world.objects.delete(settling.link)
      await settling.settle()
      expect(settling.world.ssoAdmin.isAssigned(settling.target())).toBe(true)
      if (!dying.isDead()) break
    }
  },
)
