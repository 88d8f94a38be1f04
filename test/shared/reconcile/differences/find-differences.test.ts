import { describe, expect, test } from '@jest/globals'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import type { Configuration } from '../../../../shared/domain/deployment/configuration.ts'
import type { Status } from '../../../../shared/domain/statuses/status.ts'
import { findDifferences } from '../../../../shared/reconcile/differences/find-differences.ts'
import { reconcile } from '../../../../shared/reconcile/differences/reconcile.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { intercept } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'
import { heldFile } from '../brake/held-file.ts'
import { holding } from '../brake/holding.ts'

const ten = '2026-03-03T10:00:00.000Z'
const over = '{"expiresAt":"2026-03-03T09:59:59Z"}'
const soon = '{"expiresAt":"2026-03-03T10:00:59Z"}'

async function find({ world }: Settling, configuration: Partial<Configuration> = {}, isSweep = false) {
  const settings = { ...world.configuration, ...configuration }
  const view = await world.finish(new OrganizationCache(world.ports, settings.folders).rebuild())
  const { plan, ...found } = await world.finish(findDifferences(world.ports.objects, view, settings, { isSweep }))
  return { ...found, grants: plan.grants, revocations: plan.revocations }
}

/** Its status, of the file as it is, and the index of attention. `desired`: how many accounts it counts. */
async function tell({ world }: Settling, key: string, state: Status['state'], desired = 1): Promise<void> {
  const { etag } = (await world.objects.head(key)) ?? {}
  const isCounted = state === 'applied' || state === 'failed'
  const accounts = isCounted ? { accounts: { desired, applied: desired, open: 0, failed: [] } } : {}
  const status = {
    input: key,
    state,
    ...accounts,
    updatedAt: ten,
    ...(etag === undefined ? {} : { etag, lastModified: ten }),
  }
  await world.objects.put(`status/${key}.json`, JSON.stringify(status))
  if (state === 'held') await world.objects.put(`attention/held/${key}`, '')
}

async function told(bench: Settling, body = '', state: Status['state'] = 'applied'): Promise<Settling> {
  await bench.upload(bench.link, body)
  await tell(bench, bench.link, state)
  return bench
}

const nothing = { inputs: [], grants: [], revocations: [], unfinished: [], misindexed: [] }

describe('what differs', () => {
  test('is nothing where nothing is', async () => {
    const bench = new Settling()
    const accounts = bench.world.organizations.accountsNow().length
    expect(await find(bench)).toMatchObject({ ...nothing, counts: { links: 0, permissionSets: 0, accounts } })
  })

  test('is what links grant and the ledger has not, unless it was there before', async () => {
    const bench = await told(new Settling())
    expect(await find(bench)).toMatchObject({ ...nothing, grants: [bench.assignment], counts: { links: 1 } })
    const foreign = bench.ledgerKey.replace('assignments/', 'foreign/')
    const { principalId, permissionSetArn } = bench.target()
    const found = { v: 1, principal: bench.principal, principalId, permissionSetArn, links: [], seenAt: ten }
    await bench.noteName()
    await bench.world.objects.put(foreign, JSON.stringify(found))
    expect(await find(bench)).toMatchObject(nothing)
    await bench.world.objects.delete(foreign)
    await bench.own()
    expect(await find(bench)).toMatchObject({ ...nothing, owned: new Set([bench.account]) })
  })

  test('is a status that counts other accounts than its scope has, whatever the ledger has', async () => {
    const bench = await told(new Settling())
    await bench.own()
    expect(await find(bench)).toMatchObject({ ...nothing, miscounted: [] })
    await tell(bench, bench.link, 'applied', 2)
    const assignment = bench.assignment
    expect(await find(bench)).toMatchObject({ ...nothing, miscounted: [{ link: bench.link, assignment }] })
    bench.world.organizations.suspendAccount(bench.account)
    expect(await find(bench)).toMatchObject({ miscounted: [{ link: bench.link, assignment: undefined }] })
    await tell(bench, bench.link, 'applying')
    expect(await find(bench)).toMatchObject({ miscounted: [] })
  })

  test('is a link that is told as applied for no account, and whose selector is gone', async () => {
    const bench = new Settling()
    const link = 'links_data/select%pick%ReadOnly-ps%team-Web%GROUP%ssofile'
    await bench.upload(link, '')
    await tell(bench, link, 'applied', 0)
    expect(await find(bench, {}, true)).toMatchObject({ ...nothing, inputs: [link] })
    await bench.world.objects.put('selectors/pick.json', '{"accounts":["999999999999"]}')
    expect(await find(bench)).toMatchObject(nothing)
  })

  test('is what the ledger has and no link grants', async () => {
    const bench = new Settling()
    await bench.own()
    await bench.world.objects.put('assignments/notes.txt', '')
    expect(await find(bench)).toMatchObject({ ...nothing, revocations: [bench.key] })
  })

  test('is nothing that an empty link would have to be read for', async () => {
    const reads: unknown[] = []
    const bench: Settling = new Settling({
      interceptor: ({ operation, args, proceed }) => {
        if (operation === 'get') reads.push(args[0])
        return proceed()
      },
    })
    await told(bench)
    await find(bench)
    expect(reads).not.toContain(bench.link)
    await told(bench, ' {} ')
    await find(bench)
    expect(reads).toContain(bench.link)
  })

  test('is what a link says in its body: only one that is in force grants', async () => {
    for (const [body, granted] of [
      ['{}', 1],
      [soon, 1],
      [over, 0],
      ['{"notBefore":"2026-03-03T10:00:59Z"}', 0],
      ['[]', 0],
    ] as const) {
      const bench = await told(new Settling(), body)
      expect((await find(bench)).grants).toHaveLength(granted)
    }
  })

  test('is no link that is none, or in a folder that nobody declared', async () => {
    const bench = new Settling()
    const inFolder = bench.link.replace('links_data/', 'links_data/web/')
    await bench.upload(inFolder)
    await tell(bench, inFolder, 'rejected')
    expect((await find(bench)).grants).toEqual([])
    expect((await find(bench, { folders: ['web'] })).grants).toEqual([bench.assignment])
  })
})

describe('an input is looked at', () => {
  test('where it expired and its status does not say so', async () => {
    const bench = await told(new Settling(), over)
    expect((await find(bench)).inputs).toEqual([bench.link])
    await tell(bench, bench.link, 'expired')
    expect((await find(bench)).inputs).toEqual([])
  })

  test('where its status says that something is open which is not', async () => {
    const bench = await told(new Settling(), '', 'failed')
    await bench.own()
    await bench.world.objects.put(`attention/failed/${bench.link}`, '')
    expect((await find(bench)).inputs).toEqual([bench.link])
  })

  test('where it is gone with nothing of it left, whatever other links are still to grant', async () => {
    const bench = await told(new Settling())
    const gone = bench.link.replace(/account%\d+/, 'root%all')
    await tell(bench, gone, 'failed')
    await bench.world.objects.put(`attention/failed/${gone}`, '')
    expect(await find(bench)).toMatchObject({ inputs: [gone], grants: [bench.assignment] })
  })

  test('by the reconcile alone where its status rejects it, and S3 gives a valid file', async () => {
    const bench = await told(new Settling(), '', 'rejected')
    expect((await find(bench)).inputs).toEqual([bench.link])
    expect((await find(bench, {}, true)).inputs).toEqual([])
  })

  test('by the reconcile alone where it is gone, and what it granted is stuck', async () => {
    const bench = new Settling()
    await bench.own({ state: 'stuck' })
    bench.world.organizations.suspendAccount(bench.account)
    await tell(bench, bench.link, 'failed')
    expect((await find(bench)).inputs).toEqual([bench.link])
    expect((await find(bench, {}, true)).inputs).toEqual([])
  })

  test('of a permission set as well, whose status is lacking', async () => {
    const bench = new Settling()
    await bench.world.objects.put('permission_sets/Billing-ps.json', '{}')
    expect(await find(bench)).toMatchObject({
      inputs: ['permission_sets/Billing-ps.json'],
      counts: { permissionSets: 1 },
    })
  })

  test('where the index of attention lacks it, whose place is corrected', async () => {
    const bench = await told(new Settling(), '', 'waiting')
    expect((await find(bench)).misindexed).toEqual([bench.link])
    await bench.world.objects.put(`attention/failed/${bench.link}`, '')
    expect((await find(bench)).misindexed).toEqual([bench.link])
  })
})

/** A link that is gone, whose access the brake holds, and says so. */
async function held(entry: Partial<LedgerEntry> = {}): Promise<Settling> {
  const bench = new Settling()
  await bench.own({ state: 'held', links: [{ key: bench.link, etag: 'e', lastModified: ten }], ...entry })
  await tell(bench, bench.link, 'held')
  const list = holding(bench.key)
  await brakeFile(bench.world.objects).write(list, undefined)
  return bench
}

describe('what the brake holds', () => {
  test('rests, with the status of the link that granted it', async () => {
    const bench = await held()
    expect(await find(bench)).toMatchObject({
      ...nothing,
      revocations: [bench.key],
      held: new Set([bench.key]),
    })
    expect(await bench.world.finish(reconcile(bench.world.ports, bench.world.configuration))).toMatchObject({
      inputs: 0,
      revocations: 0,
      unfinished: 0,
    })
    expect(sent(bench)).toEqual([])
  })

  test('is told of a link that granted none of it', async () => {
    const bench = await held({ links: [] })
    expect((await find(bench)).inputs).toEqual([bench.link])
  })

  test('is told where its status does not say so', async () => {
    const bench = await held()
    await tell(bench, bench.link, 'revoking')
    await bench.world.objects.delete(`attention/held/${bench.link}`)
    expect(await find(bench)).toMatchObject({ inputs: [bench.link], unfinished: [bench.key] })
  })

  test('is evaluated where the link is there and says that it is applied', async () => {
    const elsewhere = 'links_data/ou_id%ou-abcd-00000000%Billing-ps%team-Accountants%GROUP%ssofile'
    const bench = await held({ links: [{ key: elsewhere, etag: 'e', lastModified: ten }] })
    await bench.upload(elsewhere)
    await tell(bench, elsewhere, 'applied')
    expect(await find(bench)).toMatchObject({
      ...nothing,
      revocations: [bench.key],
      inputs: [bench.link],
      unfinished: [bench.key],
    })
    await tell(bench, elsewhere, 'held')
    expect((await find(bench)).unfinished).toEqual([])
  })

  test('is told where the link is there and its status is of another file', async () => {
    const bench = await held()
    await bench.upload()
    expect((await find(bench)).inputs).toEqual([bench.link])
  })
})

/** The hints on the lanes, in the order of urgency, and what they are about. */
function sent({ world }: Settling): readonly string[] {
  return (['work-urgent', 'work', 'work-bulk'] as const).flatMap((lane) =>
    world.queues
      .queue(lane)
      .messages()
      .map(({ body }) => `${lane} ${JSON.parse(body).account} ${JSON.parse(body).cause}`),
  )
}

describe('the file of a permission set that the brake holds', () => {
  const file = 'permission_sets/Billing-ps.json'
  async function held(state: Status['state'] | undefined, isListed = true) {
    const bench = new Settling()
    await bench.world.objects.put(file, '{"permissionSetName":"Billing-ps"}')
    if (state) await tell(bench, file, state)
    const contents = isListed ? [heldFile('Billing-ps')] : []
    await brakeFile(bench.world.objects).write({ ...emptyBrake, contents }, undefined)
    return bench
  }

  test('is no input to look at where its status says so, and is judged again', async () => {
    for (const isSweep of [false, true]) {
      const found = await find(await held('held'), {}, isSweep)
      expect([found.inputs, found.judgedFiles]).toEqual([[], ['Billing-ps']])
    }
  })

  test('of too many is judged again by a sweep where nobody has the permission set, and by a reconcile always', async () => {
    const bench = await held('held', false)
    const names = Array.from({ length: 21 }, (_, nth) => `Set-${nth + 10}`)
    const contents = names.map((name) => heldFile(name))
    await brakeFile(bench.world.objects).write(
      { ...emptyBrake, contents },
      (await bench.world.objects.head('control/brake.json'))?.etag,
    )
    for (const name of names) {
      await bench.world.objects.put(`permission_sets/${name}.json`, `{"permissionSetName":"${name}"}`)
      const [{ etag = '', lastModified = new Date() } = {}] = await Array.fromAsync(
        bench.world.objects.list(`permission_sets/${name}`),
      )
      const told = { etag, lastModified: lastModified.toISOString(), state: 'held' as const }
      await new StatusStore(bench.world.objects, bench.world.clock).revise(
        `permission_sets/${name}.json`,
        async () => told,
      )
      if (name !== 'Set-20')
        await bench.world.objects.put(
          `assignments/account%233000000002%${name}%11111111-2222-3333-4444-555555555555%GROUP`,
          '{',
        )
    }
    expect((await find(bench, {}, true)).judgedFiles).toEqual(['Set-20'])
    expect((await find(bench)).judgedFiles).toEqual(names)
  })

  test.each<[string, Status['state'] | undefined]>([
    ['its status says that it is in force', 'applied'],
    ['its status says that another one is not valid', 'rejected'],
    ['it has no status', undefined],
  ])('is hinted at where %s: it may have to leave the brake', async (_, state) => {
    const bench = await held(state)
    expect((await find(bench, {}, true)).judgedFiles).toEqual(['Billing-ps'])
    await bench.world.finish(reconcile(bench.world.ports, bench.world.configuration))
    expect(
      bench.world.queues
        .queue('work')
        .messages()
        .map(({ body }) => JSON.parse(body)),
    ).toContainEqual({
      v: 1,
      kind: 'permission-set',
      permissionSet: 'Billing-ps',
      cause: 'reconcile',
    })
  })

  test('is hinted at where it is gone, with its status', async () => {
    const bench = await held(undefined)
    await bench.world.objects.delete(file)
    expect((await find(bench, {}, true)).judgedFiles).toEqual(['Billing-ps'])
  })

  test('is looked at where its status says so, and the brake does not', async () => {
    expect((await find(await held('held', false), {}, true)).inputs).toEqual([file])
  })

  test('rests while the record of the brake cannot be read', async () => {
    const bench = await held('held')
    await bench.world.objects.put('control/brake.json', '{oops')
    expect((await find(bench, {}, true)).inputs).not.toContain(file)
  })
})

describe('a reconcile hints', () => {
  const run = ({ world }: Settling) => world.finish(reconcile(world.ports, world.configuration))

  test('at revocations first, and at what is to be granted', async () => {
    const bench = await told(new Settling())
    await run(bench)
    expect(sent(bench)).toEqual([`work ${bench.account} reconcile`])
    const gone = new Settling()
    await gone.own()
    expect(await run(gone)).toMatchObject({ revocations: 1, grants: 0 })
    expect(sent(gone)).toEqual([`work-urgent ${gone.account} reconcile`])
  })

  test('at one account of a link whose status counts others, so that the status is told again', async () => {
    const bench = await told(new Settling())
    await bench.own()
    await tell(bench, bench.link, 'applied', 2)
    await run(bench)
    expect(sent(bench)).toEqual([`work ${bench.account} ${bench.link}`])
  })

  test('at what is unfinished', async () => {
    const bench = await told(new Settling())
    await bench.own({ state: 'failed' })
    expect(await run(bench)).toMatchObject({ unfinished: 1, grants: 0, revocations: 0 })
    expect(sent(bench)).toEqual([`work ${bench.account} reconcile`])
  })

  test('at what is stuck on an account that left, once two listings an hour apart lacked it', async () => {
    const bench = new Settling()
    await bench.own({ state: 'stuck' })
    bench.world.organizations.goneAccount(bench.account)
    expect(await run(bench)).toMatchObject({ unfinished: 0, revocations: 0 })
    expect(sent(bench)).toEqual([])
    await bench.world.clock.advance(60 * 60_000)
    await run(bench)
    expect(sent(bench)).toEqual([`work ${bench.account} reconcile`])
  })

  test('at nothing that is stuck on an account which only takes no changes', async () => {
    const bench = new Settling()
    await bench.own({ state: 'stuck' })
    bench.world.organizations.suspendAccount(bench.account)
    await run(bench)
    await bench.world.clock.advance(60 * 60_000)
    expect(await run(bench)).toMatchObject({ unfinished: 0, revocations: 0 })
    expect(sent(bench)).toEqual([])
  })

  test('at inputs through the queues that they are looked at from', async () => {
    const bench = new Settling()
    await bench.upload()
    expect(await run(bench)).toMatchObject({ inputs: 1 })
    const [message] = bench.world.queues.queue('links').messages()
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ key: bench.link, event: 'reconcile' })
  })

  test('and records what the next one has to look at again, only after all hints were sent', async () => {
    const bench = await told(new Settling(), '', 'applying')
    await bench.own({ state: 'failed' })
    await run(bench)
    expect(await bench.world.json('state/reconcile.json')).toMatchObject({
      startedAt: ten,
      entries: [bench.key],
      statuses: { [bench.link]: { state: 'applying' } },
    })
    const another = await told(new Settling())
    const ports = intercept(another.world.ports, async ({ operation, proceed }) => {
      if (operation === 'send') throw new Error('the queue is away')
      return proceed()
    })
    await expect(another.world.finish(reconcile(ports, another.world.configuration))).rejects.toThrow('away')
    expect(await another.world.json('state/reconcile.json')).toMatchObject({ entries: [], statuses: {} })
  })
})
