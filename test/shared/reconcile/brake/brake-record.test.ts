import { describe, expect, test } from '@jest/globals'
import { type AssignmentKey, assignmentKey, assignmentOf } from '../../../../shared/domain/assignments/assignment.ts'
import type { LedgerState } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { type Revocation, revocationAct } from '../../../../shared/domain/brake/act.ts'
import { type BrakeWindow, type Cause, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { listHeld } from '../../../../shared/domain/brake/lists.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { type PrincipalId, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { noMinimums } from '../../../../shared/reconcile/brake/ask-minimum.ts'
import { Brake } from '../../../../shared/reconcile/brake/brake.ts'
import { countBase } from '../../../../shared/reconcile/brake/count-base.ts'
import { countOpen } from '../../../../shared/reconcile/brake/count-open.ts'
import { brakeFile, brakeFileRecord, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { type Interceptor, intercept, noAnswer } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const groups = new Map<PrincipalId, string>()
const idOf = (group: string): PrincipalId => {
  const id = principalId.parse(
    `00000000-2222-3333-4444-${Buffer.from(group).toString('hex').slice(0, 12).padStart(12, '0')}`,
  )
  groups.set(id, group)
  return id
}
const keyOf = (index: number, group = 'team-Web'): AssignmentKey =>
  assignmentKey.parse(`account%${200_000_000_000 + index}%Billing-ps%${idOf(group)}%GROUP`)
const keys = [0, 1, 2, 3, 4, 5].map((index) => keyOf(index))
const grant = { permissionSet: permissionSetName.parse('Billing-ps'), type: 'GROUP' as const }
const ids = [idOf('team-Web')]

const early = '2026-03-03T09:00:00.000Z'
const renamed: Cause = { cause: 'principal', name: 'GROUP/team-Web' }
/** Something takes it away that is not its links. */
const indirect = (key: AssignmentKey): Revocation => ({ key, links: [], cause: renamed })

/** Two revocations pass, whoever wants them. */
function open(interceptor: Interceptor = ({ proceed }) => proceed(), count = 2, percent = 0) {
  const world = new World({
    configuration: {
      folders: ['team-a'],
      brake: {
        indirect: { count, percent, most: 200, hours: 24 },
        own: { count, percent, minutes: 15 },
        people: { count: 5, minutes: 15 },
      },
    },
    wrap: (ports) => intercept(ports, interceptor),
  })
  const start = (ports: Ports = world.ports) => new Brake(ports, world.configuration, noMinimums)
  const admit = async (brake: Brake, key: AssignmentKey | undefined) => {
    if (key === undefined) throw new Error('there are no more keys')
    return (await world.finish(brake.admit(revocationAct(indirect(key))))).outcome
  }
  const held = async () => listHeld((await brakeFile(world.objects).read())?.value ?? emptyBrake)
  const alarms = () => world.log.lines.filter(({ fields }) => fields.alarm === 'brake')
  return { world, start, admit, held, alarms }
}

/** Two have passed and the rest is held. */
async function openHeld(count = 4) {
  const opened = open()
  const brake = opened.start()
  for (const key of keys.slice(0, count)) await opened.admit(brake, key)
  return { ...opened, brake }
}

async function own(world: World, key: AssignmentKey, state: LedgerState): Promise<void> {
  const { type, principalId: id } = assignmentOf(key)
  const name = principalName.parse(groups.get(id))
  await new PrincipalNames(world.objects).note({ type, id, name })
  await world.objects.put(
    `assignments/${key}`,
    JSON.stringify({
      v: 1,
      state,
      principal: name,
      principalId: id,
      permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
      links: [],
      grantedAt: early,
      attempts: 0,
      updatedAt: '2026-03-03T10:00:00.000Z',
    }),
  )
}

/** What waits in each lane, and is taken from there. */
async function hinted(world: World): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {}
  for (const lane of ['work-urgent', 'work', 'work-bulk'] as const) {
    const messages = await world.queues.receive(lane, { most: 10, waitSeconds: 0 })
    for (const { receiptHandle } of messages) await world.queues.delete(lane, receiptHandle)
    const hints = messages.map(({ body }) => JSON.parse(body))
    for (const { cause } of hints) expect(cause).toBe('brake')
    if (hints.length > 0) found[lane] = hints.map(({ account }) => account)
  }
  return found
}

describe('the record of the brake', () => {
  test('lets as many pass as its limit says, and holds what comes then, for a reason', async () => {
    const { world, start, held } = open()
    const brake = start()
    const admissions = []
    for (const key of keys.slice(0, 3)) admissions.push(await world.finish(brake.admit(revocationAct(indirect(key)))))
    expect(admissions).toEqual([
      { outcome: 'passes' },
      { outcome: 'passes' },
      { outcome: 'held', reason: expect.stringMatching(/brake/) },
    ])
    expect(await held()).toEqual(keys.slice(2, 3))
  })

  test('counts an assignment once, whoever asks again, also after the dispatcher died', async () => {
    const { start, admit, held } = open()
    const brake = start()
    for (const key of [keys[0], keys[1], keys[0], keys[1]]) expect(await admit(brake, key)).toBe('passes')
    expect(await admit(start(), keys[1])).toBe('passes')
    expect(await admit(start(), keys[2])).toBe('held')
    expect(await held()).toEqual([keys[2]])
  })

  test('of a folder does not hold what is withdrawn in another one', async () => {
    const { world, start } = open()
    const brake = start()
    const admitOwn = (key: AssignmentKey, link: string) =>
      world.finish(brake.admit(revocationAct({ key, links: [link], cause: undefined }))).then(({ outcome }) => outcome)
    const linkIn = (folder: string, index: number) => `links_data/${folder}root%all%P%g${index}%GROUP%ssofile`
    const outcomes = []
    for (const [index, key] of keys.slice(0, 3).entries()) outcomes.push(await admitOwn(key, linkIn('', index)))
    outcomes.push(await admitOwn(keyOf(7), linkIn('team-a/', 7)))
    expect(outcomes).toEqual(['passes', 'passes', 'held', 'passes'])
  })

  test('is written once for all who ask together', async () => {
    let writes = 0
    const { world, start } = open(async ({ operation, args, proceed }) => {
      if (operation === 'put' && args[0] === brakeFileRecord.at) writes++
      return proceed()
    })
    const brake = start()
    const asked = keys.map((key) => brake.admit(revocationAct(indirect(key))))
    const outcomes = (await world.finish(Promise.all(asked))).map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome) => outcome === 'passes')).toHaveLength(2)
    // Made first, then what the first asked, then the others that pass, then the base and all that are held.
    expect(writes).toBeLessThanOrEqual(4)
  })

  test('is read again where somebody else has written it meanwhile', async () => {
    const { world, start, admit, held, brake } = await openHeld(3)
    expect(
      (await releaseList(world.objects, digestOf({ rule: 'indirect', ...renamed, held: await held() }), 'me')).outcome,
    ).toBe('released')
    await world.finish(brake.look())
    expect(await admit(brake, keys[2])).toBe('passes')
    expect(await admit(brake, keys[3])).toBe('held')
    const other = start()
    expect(await admit(other, keys[4])).toBe('held')
    expect(await admit(brake, keys[5])).toBe('held')
    expect(await held()).toEqual([keys[3], keys[4], keys[5]])
  })

  test('that cannot be written lets nothing pass, and does not count twice what was written all the same', async () => {
    let lost = 0
    const { world, start, admit } = open(async ({ operation, args, proceed }) => {
      const answer = await proceed()
      if (operation === 'put' && args[0] === brakeFileRecord.at && args[2] !== undefined && ++lost === 2)
        throw noAnswer('PutObject')
      return answer
    })
    const brake = start()
    await expect(world.finish(brake.admit(revocationAct(indirect(keyOf(0)))))).rejects.toThrow('was not answered')
    expect(await admit(brake, keys[0])).toBe('passes')
    expect(await admit(brake, keys[1])).toBe('passes')
    expect(await admit(brake, keys[2])).toBe('held')
  })

  test('alarms once for each rule that begins to hold, with the list and the figures', async () => {
    const { alarms, held } = await openHeld()
    const list = await held()
    expect(alarms()).toEqual([
      {
        level: 'error',
        message: 'the brake holds revocations; to review them, run ssofile brake',
        fields: {
          alarm: 'brake',
          held: 1,
          lists: [
            {
              digest: digestOf({ rule: 'indirect', ...renamed, held: list.slice(0, 1) }),
              rule: 'indirect',
              ...renamed,
              figure: 3,
              limit: 2,
              since: expect.any(String),
            },
          ],
        },
      },
    ])
  })
})

describe('a window of the record', () => {
  const linkIn = (index: number, folder = '') => `links_data/${folder}root%all%Billing-ps%g${index}%GROUP%ssofile`
  const withdrawn = (index: number, folder = ''): Revocation => {
    return { key: keyOf(index, `g${index}`), links: [linkIn(index, folder)], cause: undefined }
  }
  const grant = async (world: World, { key, links }: Revocation) => {
    await own(world, key, 'granted')
    const granting = links.map((link) => ({ key: link, etag: 'e', lastModified: early }))
    const entry = await world.json(`assignments/${key}`)
    await world.objects.put(`assignments/${key}`, JSON.stringify({ ...entry, links: granting }))
    for (const link of links) await world.objects.put(`status/${link}.json`, '{}')
  }

  test('lets a share of the ledger pass where nobody asked for it', async () => {
    const { world, start, admit } = open(undefined, 0, 40)
    for (let index = 0; index < 5; index++) await own(world, keyOf(index), 'granted')
    const brake = start()
    const outcomes = []
    for (const key of keys.slice(0, 4)) outcomes.push(await admit(brake, key))
    expect(outcomes).toEqual(['passes', 'passes', 'held', 'held'])
  })

  test('lets a share of the links of a folder pass where they were withdrawn', async () => {
    const { world, start } = open(undefined, 0, 40)
    for (let index = 0; index < 5; index++) await grant(world, withdrawn(index))
    const brake = start()
    const outcomes = []
    for (let index = 0; index < 4; index++)
      outcomes.push((await world.finish(brake.admit(revocationAct(withdrawn(index))))).outcome)
    expect(outcomes).toEqual(['passes', 'passes', 'held', 'held'])
  })

  test('begins again when it is over, by the clock of S3, and not before', async () => {
    for (const [hours, outcome] of [
      [23, 'held'],
      [25, 'passes'],
    ] as const) {
      const { world, start, admit } = open()
      const brake = start()
      for (const key of keys.slice(0, 2)) await admit(brake, key)
      await world.clock.advance(hours * 3_600_000)
      expect(await admit(brake, keys[2])).toBe(outcome)
    }
  })

  test('of another rule or folder that begins to hold is told by itself', async () => {
    const { world, start, admit, alarms } = open()
    const brake = start()
    for (const key of keys.slice(0, 3)) await admit(brake, key)
    for (let index = 10; index < 14; index++) await world.finish(brake.admit(revocationAct(withdrawn(index))))
    for (let index = 20; index < 23; index++)
      await world.finish(brake.admit(revocationAct(withdrawn(index, 'team-a/'))))
    expect(alarms().map(({ fields }) => fields.lists)).toEqual([
      [expect.objectContaining({ rule: 'indirect', cause: 'principal' })],
      [expect.objectContaining({ rule: 'own', name: undefined })],
      [expect.objectContaining({ rule: 'own', name: 'team-a' })],
    ])
  })

  test('is one for two dispatchers that make the record at once', async () => {
    const { world, start, held } = open()
    const admitted = await world.finish(
      Promise.all(keys.map((key, index) => [start(), start()][index % 2]?.admit(revocationAct(indirect(key))))),
    )
    expect(admitted.filter((admission) => admission?.outcome === 'passes')).toHaveLength(2)
    expect(await held()).toHaveLength(4)
  })
})

describe('a look at the record', () => {
  test('tells once what an earlier dispatcher held', async () => {
    const { world, start, alarms } = await openHeld()
    const before = alarms().length
    const next = start()
    await world.finish(next.look())
    await world.finish(next.look())
    expect(alarms()).toHaveLength(before + 1)
  })

  test('tells nothing where the brake holds nothing', async () => {
    const { world, start, alarms } = await openHeld(2)
    await world.finish(start().look())
    expect(alarms()).toEqual([])
  })

  test('hints once at what was released', async () => {
    const { world, start, held } = await openHeld()
    await releaseList(world.objects, digestOf({ rule: 'indirect', ...renamed, held: await held() }), 'me')
    const next = start()
    await world.finish(next.look())
    const accounts = keys.slice(2, 4).map((key) => assignmentOf(key).accountId)
    expect(await hinted(world)).toEqual({ 'work-urgent': accounts })
    await world.finish(next.look())
    await world.finish(start().look())
    expect(await hinted(world)).toEqual({})
    expect(world.log.lines.filter(({ message }) => message === 'a person released what the brake held')).toEqual([
      expect.objectContaining({ fields: expect.objectContaining({ by: 'me', assignments: 2 }) }),
    ])
    const [change, ...others] = await world.keys('changes/')
    expect(others).toEqual([])
    expect(change).toMatch(/^changes\/2026-03-03\/[\d:.]+Z%brake-released%[0-9a-f]{16}$/)
    const [told = ''] = await world.keys('history/brake%')
    expect(await world.json(told)).toMatchObject({ event: 'brake-released', by: 'me', assignments: keys.slice(2, 4) })
  })

  test('alarms once while the record cannot be read, and again when that comes back', async () => {
    let isBroken = true
    const { world, start, alarms } = open(async ({ operation, args, proceed }) => {
      if (isBroken && args[0] === brakeFileRecord.at && (operation === 'head' || operation === 'get'))
        throw noAnswer('GetObject')
      return proceed()
    })
    const brake = start()
    await world.finish(brake.look())
    await world.finish(brake.look())
    expect(alarms()).toEqual([
      expect.objectContaining({ message: 'ssofile cannot read the brake, and revokes nothing', level: 'error' }),
    ])
    expect(brake.heldAccountsOf(grant, ids)).toBeUndefined()
    isBroken = false
    await world.finish(brake.look())
    expect(brake.heldAccountsOf(grant, ids)).toEqual([])
    isBroken = true
    await world.finish(brake.look())
    expect(alarms()).toHaveLength(2)
  })
})

describe('what is on the list', () => {
  test('is told by account, of one permission set and principal', async () => {
    const { world, brake, admit } = await openHeld()
    await admit(brake, keyOf(9, 'other team-Web'))
    const accounts = keys.slice(2, 4).map((key) => assignmentOf(key).accountId)
    expect(brake.heldAccountsOf(grant, ids)).toEqual(accounts)
    expect(brake.heldAccountsOf({ ...grant, type: 'USER' }, ids)).toEqual([])
    expect(brake.heldAccountsOf(grant, [idOf('Web')])).toEqual([])
    await world.finish(brake.look())
    expect(brake.heldAccountsOf(grant, ids)).toEqual(accounts)
  })

  test('leaves it when its entry is held no more, or gone, and stays while it is', async () => {
    const { world, brake, held } = await openHeld(5)
    const [gone, granted, still] = [keyOf(2), keyOf(3), keyOf(4)]
    await own(world, granted, 'granted')
    await own(world, still, 'held')
    for (const key of [gone, granted, still, keyOf(0)]) await world.finish(brake.review(key))
    expect(await held()).toEqual([still])
  })
})

test('a release loses access that is gone or granted, keeps access that may still be revoked, and history has all of it', async () => {
  const { world, brake, held } = await openHeld(6)
  await releaseList(world.objects, digestOf({ rule: 'indirect', ...renamed, held: await held() }), 'me')
  const [gone, granted, revoking, failed] = [keyOf(2), keyOf(3), keyOf(4), keyOf(5)]
  await own(world, granted, 'granted')
  await own(world, revoking, 'revoking')
  await own(world, failed, 'failed')
  await world.finish(brake.look())
  for (const key of [gone, granted, revoking, failed]) await world.finish(brake.review(key))
  const [release] = (await brakeFile(world.objects).read())?.value.releases ?? []
  expect(release?.keys).toEqual([revoking, failed])
  const [told = ''] = await world.keys('history/brake%')
  expect(await world.json(told)).toMatchObject({ assignments: [gone, granted, revoking, failed] })
})

test('the links of a folder that are still to be carried out are gone, with access left, and do not rest', async () => {
  const { world } = open()
  const linkIn = (folder: string, group: string) => `links_data/${folder}root%all%Billing-ps%${group}%GROUP%ssofile`
  const [there, going, resting, failing] = ['a', 'b', 'c', 'd'].map((group) => linkIn('team-a/', group))
  for (const key of [there, linkIn('', 'a'), 'links_data/team-a/no-link']) await world.objects.put(key ?? '', '')
  for (const key of [there, going, resting, failing, linkIn('', 'b')])
    await world.objects.put(`status/${key}.json`, '{}')
  await world.objects.put(`attention/held/${resting}`, '')
  await world.objects.put(`attention/failed/${failing}`, '')
  const endedAt = world.clock.now()
  const tally = {
    ...{ rule: 'own' as const, cause: 'folder' as const, name: 'team-a', endedAt },
    items: [linkIn('team-a/', 'e')],
  }
  expect(await countOpen(world.objects, tally, world.configuration)).toBe(2)
  expect(await countOpen(world.objects, { ...tally, name: undefined, items: [] }, world.configuration)).toBe(1)
})

test('links that are there count as still to be carried out while their status says that their access goes', async () => {
  const { world } = open()
  const told = async (group: string, body: string, status: object) => {
    const key = `links_data/team-a/root%all%Billing-ps%${group}%GROUP%ssofile`
    await world.objects.put(key, body)
    await world.objects.put(`status/${key}.json`, JSON.stringify({ input: key, updatedAt: since, ...status }))
    return key
  }
  const since = '2026-03-03T10:00:00.000Z'
  const [none, lastValid] = [{ desired: 0, applied: 0, open: 0, failed: [] }, { lastModified: since }]
  await told('in force', '{"reason":"x"}', { state: 'applied' })
  await told('never valid', '[', { state: 'rejected' })
  await told('not valid, all gone', '[', { state: 'rejected', lastValid, accounts: none })
  await told('expired, all gone', '{"expiresAt":"2026-03-03T09:00:00Z"}', { state: 'expired' })
  const endedAt = world.clock.now()
  const tally = { rule: 'own' as const, cause: 'folder' as const, name: 'team-a', endedAt, items: [] }
  expect(await countOpen(world.objects, tally, world.configuration)).toBe(0)
  await told('not looked at', '[', { state: 'rejected', lastValid })
  await told('not valid, going', '[', { state: 'rejected', lastValid, accounts: { ...none, open: 2 } })
  await told('expired, going', '{"expiresAt":"2026-03-03T09:00:00Z"}', { state: 'revoking' })
  expect(await countOpen(world.objects, tally, world.configuration)).toBe(3)
  const judged = await told('about to go', '[', { state: 'applied' })
  expect(await countOpen(world.objects, { ...tally, items: [judged] }, world.configuration)).toBe(4)
})

describe('the base of a window', () => {
  const since = '2026-03-03T10:00:00.000Z'
  const [before, after] = ['2026-03-03T09:00:00.000Z', '2026-03-03T10:00:01.000Z']
  const linkOf = (group: string, scope = 'root%all', folder = 'team-a/') =>
    `links_data/${folder}${scope}%Billing-ps%${group}%GROUP%ssofile`
  const opened = async (
    grants: readonly (readonly [
      group: string,
      grantedAt: string | undefined,
      ...links: readonly (readonly [key: string, lastModified: string])[],
    ])[],
  ) => {
    const { world } = open(undefined, 20, 10)
    for (const [group, grantedAt, ...links] of grants) {
      const key = keyOf(0, group)
      await own(world, key, grantedAt === undefined ? 'granting' : 'granted')
      const entry = await world.json(`assignments/${key}`)
      const granting = links.map(([link, lastModified]) => ({ key: link, etag: 'e', lastModified }))
      await world.objects.put(`assignments/${key}`, JSON.stringify({ ...entry, grantedAt, links: granting }))
      for (const [link] of links) await world.objects.put(`status/${link}.json`, '{}')
    }
    const count = (window: Partial<BrakeWindow> = {}) =>
      countBase(
        { rule: 'own', cause: 'folder', name: 'team-a', since, counted: [], ...window },
        { objects: world.objects, configuration: world.configuration },
      )
    return { world, count }
  }

  test('has the links of the folder that granted something before it began, and those that were counted', async () => {
    const { world, count } = await opened([
      ['a', before, [linkOf('a'), before]],
      ['b', before, [linkOf('b', 'root%all', ''), before]],
      ['c', after, [linkOf('c'), before]],
      ['d', undefined, [linkOf('d'), before]],
    ])
    // Listed, told, and of no use.
    for (const group of ['e', 'f', 'a']) {
      const link = linkOf(group, 'account_tag%no^such')
      await world.objects.put(link, '')
      await world.objects.put(`status/${link}.json`, '{}')
    }
    expect(await count()).toBe(1)
    expect(await count({ counted: [linkOf('g')] })).toBe(2)
    expect(await count({ name: undefined })).toBe(1)
  })

  test('has what was granted before by the clock of the dispatcher, which may be far ahead of that of S3', async () => {
    const [granted, began] = ['2026-03-03T13:00:00.000Z', '2026-03-03T13:00:01.000Z']
    const { count } = await opened([['a', granted, [linkOf('a'), before]]])
    expect(await count()).toBe(0)
    expect(await count({ clockAt: began })).toBe(1)
    expect(await count({ clockAt: granted })).toBe(0)
  })

  test('has a link that was uploaded again, and none that has come beside an older one', async () => {
    const { count } = await opened([
      ['a', before, [linkOf('a'), after]],
      ['b', before, [linkOf('b'), after], [linkOf('b', 'root%all', ''), before]],
    ])
    expect(await count()).toBe(1)
  })

  test('has the entries of the ledger that were granted before, and no more than make a difference', async () => {
    const { world, count } = await opened([
      ['a', before],
      ['b', before],
      ['c', after],
      ['d', undefined],
    ])
    const indirect = { rule: 'indirect' as const, ...renamed }
    expect(await count(indirect)).toBe(2)
    await world.objects.put(`assignments/${keyOf(0, 'a')}`, 'spoiled')
    expect(await count(indirect)).toBe(1)
    const { brake } = world.configuration
    const few = { ...world.configuration, brake: { ...brake, indirect: { ...brake.indirect, percent: 100, most: 1 } } }
    const window = { ...indirect, since, counted: [keyOf(1), keyOf(2)] }
    expect(await countBase(window, { objects: world.objects, configuration: few })).toBe(1)
  })
})
