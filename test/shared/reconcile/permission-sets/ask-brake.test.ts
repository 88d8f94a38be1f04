import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { PermissionSetWork } from '../../../../shared/reconcile/permission-sets/permission-set-work.ts'
import { Provisionings } from '../../../../shared/reconcile/permission-sets/provisionings.ts'
import { brakeFile, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { writeOwned } from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { StatusBoard } from '../../../../shared/reconcile/statuses/status-board.ts'
import { Settling } from '../../../settling.ts'

const name = permissionSetName.parse('Billing-ps')
const file = 'permission_sets/Billing-ps.json'
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const billing = 'arn:aws:iam::aws:policy/job-function/Billing'
const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess'
const writes = /^(attach|detach|put|delete|update|provision|tag|untag)[A-Z].*(Polic|Boundary|PermissionSet|Resource)/

/**
 * Our permission set with two policies, in force, and assigned: once by default. On more than one assignment it may not make
 * administrators. `edits`: so many sets of one uploader may lose something.
 */
async function open({ assignments = 1, onDrift = 'restore' as const, isMade = false, edits = 1 } = {}) {
  const own = { count: edits, percent: 0, minutes: 15 }
  const brake = { indirect: { count: 1, percent: 0, most: 200, hours: 24 }, own, people: { count: 5, minutes: 15 } }
  const bench = new Settling({ configuration: { brake, onDrift } })
  const { world } = bench
  const upload = (...managedPoliciesArnList: readonly string[]) =>
    world.objects.put(file, JSON.stringify({ permissionSetName: name, managedPoliciesArnList }))
  const settle = async (isDriftCheck = false) => {
    // AWS refuses calls and changes that follow each other too soon.
    await world.clock.advance(10_000)
    return bench.within(async (settling) => {
      const { ssoAdmin, clock, log, ending, brake: asked } = settling
      await asked.look()
      const board = new StatusBoard({
        statuses: settling.statuses,
        clock,
        log,
        assess: async () => undefined,
        askForLook: async () => {},
      })
      const provisionings = new Provisionings({ ssoAdmin, clock, most: 3, ending })
      return new PermissionSetWork(settling, board).settle(name, { ...settling, provisionings, isDriftCheck })
    })
  }
  const { permissionSetArn: arn } = bench.target()
  await writeOwned(world.objects, name, { v: 1, arn, claimedAt: '2026-03-03T10:00:00.000Z' }, undefined)
  await upload(readOnly, billing)
  if (!isMade) await settle()
  for (let nth = 0; nth < assignments; nth++) {
    const key = bench.ledgerKey.replace('233000000002', String(233000000002 + nth))
    await world.objects.put(key, '{"v":1}')
  }
  const seen = world.calls.length
  return {
    ...{ bench, world, upload, settle },
    status: async () => world.json(`status/${file}.json`),
    held: async () => (await brakeFile(world.objects).read())?.value.contents ?? [],
    has: () => world.ssoAdmin.definitionNow(name)?.managedPolicyArns.toSorted(),
    written: () => world.calls.slice(seen).filter((call) => writes.test(call)),
    release: (digest = '') => releaseList(world.objects, digest, 'operator'),
  }
}

describe('a file that leaves an assigned permission set without any policy', () => {
  test('is held: nothing is called, its status says what it would do, and who may release it', async () => {
    const { world, upload, settle, status, held, has, written } = await open()
    await upload()
    expect(await settle()).toBe('settled')
    const [list] = await held()
    expect(list).toMatchObject({ rule: 'contents', cause: 'permission set', name, leavesNone: true, assignments: 1 })
    expect(await status()).toMatchObject({
      state: 'held',
      reason: `held by the brake: the file takes away almost everything that the permission set allows (2: ${readOnly}; ${billing}), on 1 account assignment`,
      remedy: expect.stringContaining(`ssofile brake --release ${list?.digest}`),
    })
    expect(await world.keys('attention/')).toEqual([`attention/held/${file}`])
    expect(has()).toEqual([readOnly, billing].sort())
    expect(written()).toEqual([])
    expect(world.log.lines.filter(({ fields }) => fields.alarm === 'brake')).toHaveLength(1)
    await settle()
    const told = (await world.keys('changes/')).filter((key) => key.endsWith('%permission-set-held%Billing-ps'))
    expect(told.map((key) => key.slice('changes/'.length).split('%')[0])).toEqual([list?.since.replace('T', '/')])
  })

  test('is in force once exactly it was released, and not held again', async () => {
    const { upload, settle, status, held, has, release } = await open()
    await upload()
    await settle()
    const [list] = await held()
    expect(await release(list?.digest)).toEqual({ outcome: 'released-contents', permissionSet: name })
    expect(await release(list?.digest)).toMatchObject({ outcome: 'released-before', by: 'operator' })
    await settle()
    expect(has()).toEqual([])
    expect(await status()).toMatchObject({ state: 'applied' })
    expect(await held()).toEqual([])
    await settle(true)
    expect(await status()).toMatchObject({ state: 'applied' })
  })

  test('is not held any more when the file is as it was, or gone', async () => {
    for (const correct of ['upload', 'delete'] as const) {
      const { world, upload, settle, status, held, has } = await open()
      await upload()
      await settle()
      if (correct === 'upload') await upload(readOnly, billing)
      else await world.objects.delete(file)
      await settle()
      expect(await held()).toEqual([])
      expect((await status())?.state).toBe(correct === 'upload' ? 'applied' : 'blocked')
      expect(has()).toEqual([readOnly, billing].sort())
    }
  })

  test('passes where nobody has the permission set', async () => {
    const { upload, settle, status, has } = await open({ assignments: 0 })
    await upload()
    await settle()
    expect(has()).toEqual([])
    expect(await status()).toMatchObject({ state: 'applied' })
  })
})

describe('a file that makes administrators', () => {
  const policies = [readOnly, billing, administrator]

  test('is held beyond the limit of assignments, and passes within it', async () => {
    const within = await open({ assignments: 1 })
    await within.upload(...policies)
    await within.settle()
    expect(within.has()).toEqual(policies.toSorted())
    const beyond = await open({ assignments: 2 })
    await beyond.upload(...policies)
    await beyond.settle()
    expect(beyond.has()).toEqual([readOnly, billing].sort())
    expect(await beyond.status()).toMatchObject({ state: 'held' })
  })

  test('is in force when so many have it no more', async () => {
    const { world, upload, settle, held, has } = await open({ assignments: 2 })
    await upload(...policies)
    await settle()
    const [last = ''] = (await world.keys('assignments/')).slice(-1)
    await world.objects.delete(last)
    await settle()
    expect(has()).toEqual(policies.toSorted())
    expect(await held()).toEqual([])
  })
})

describe('a file that takes a policy away', () => {
  test('is in force on however many assignments, and its status says what it took, and from how many', async () => {
    const { upload, settle, status, held, has } = await open({ assignments: 39 })
    await upload(readOnly)
    await settle()
    expect([has(), await held()]).toEqual([[readOnly], []])
    expect(await status()).toMatchObject({
      state: 'applied',
      warnings: [
        `compared with the former version, the file may take away what the permission set allows (1: ${billing}), on 39 account assignments`,
      ],
    })
  })

  test('counts once, however often its set is edited', async () => {
    const { upload, settle, status, has } = await open({ assignments: 39 })
    for (const policies of [[readOnly], [readOnly, billing], [readOnly]]) {
      await upload(...policies)
      await settle()
      expect([has(), (await status())?.state]).toEqual([policies.toSorted(), 'applied'])
    }
  })

  test('needs another release for another content, and none for the same content again', async () => {
    const { upload, settle, held, has, release } = await open({ edits: 0 })
    await upload(readOnly)
    await settle()
    const [first] = await held()
    await upload(readOnly)
    await settle()
    expect(await held()).toEqual([first])
    await upload(billing)
    await settle()
    const [second] = await held()
    expect(second?.digest).not.toBe(first?.digest)
    expect(await release(first?.digest)).toMatchObject({ outcome: 'other-list' })
    await release(second?.digest)
    await upload()
    await settle()
    expect(has()).toEqual([readOnly, billing].sort())
    expect(await held()).toMatchObject([{ leavesNone: true }])
  })

  test('is released for an hour', async () => {
    const { world, upload, settle, held, has, release } = await open({ edits: 0 })
    await upload(readOnly)
    await settle()
    const [list] = await held()
    await release(list?.digest)
    await world.clock.advance(60 * 60_000)
    await settle()
    expect(has()).toEqual([readOnly, billing].sort())
    expect(await held()).toMatchObject([{ digest: list?.digest }])
  })
})

test('what somebody changed by hand is put back to what the file in force says, whatever that takes away', async () => {
  const { bench, world, settle, has } = await open({ assignments: 2 })
  await world.clock.advance(10_000)
  await world.ssoAdmin.attachManagedPolicy(bench.target().permissionSetArn, administrator)
  await settle(true)
  expect(has()).toEqual([readOnly, billing].sort())
})

test('a permission set that is being made gives what its file says, however many have it already', async () => {
  const { upload, settle, has } = await open({ assignments: 2, isMade: true })
  await upload(administrator)
  await settle()
  expect(has()).toEqual([administrator])
})

test('what is open beside a file that is held is tried again later, not all the time', async () => {
  const { world, upload, settle } = await open({ assignments: 2 })
  const record = await world.json('owned_permission_sets/Billing-ps')
  await world.objects.put(
    'owned_permission_sets/Billing-ps',
    JSON.stringify({ ...record, openUntil: '2026-03-03T10:00:00.000Z', attempts: 3 }),
  )
  await upload()
  await settle()
  const { openUntil, attempts } = (await world.json('owned_permission_sets/Billing-ps')) ?? {}
  expect(Date.parse(String(openUntil))).toBeGreaterThan(world.clock.now().getTime())
  expect(attempts).toBe(4)
})
