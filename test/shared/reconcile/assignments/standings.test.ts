import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type LedgerEntry, ledgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import type { Grant } from '../../../../shared/domain/links/link.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId as principalIdSchema } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { mayName, Standings } from '../../../../shared/reconcile/assignments/standings.ts'
import { PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { intercept, noAnswer } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const grant: Grant = {
  permissionSet: permissionSetName.parse('Billing-ps'),
  principal: principalName.parse('team-Web'),
  type: 'GROUP',
}
const [one, two, three] = ['1', '2', '3'].map((digit) => accountId.parse(digit.repeat(12)))
const at = '2026-03-03T10:00:00.000Z'
const link = { key: 'links_data/a', etag: 'e', lastModified: at }
const stored = {
  v: 1,
  state: 'granted',
  principal: 'team-Web',
  principalId: '11111111-2222-3333-4444-555555555555',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
  links: [link],
  attempts: 0,
  updatedAt: at,
}
const entry = ledgerEntry.parse(stored)
const id = entry.principalId
const foreign = {
  v: 1,
  principal: entry.principal,
  principalId: id,
  permissionSetArn: entry.permissionSetArn,
  links: [link],
  seenAt: at,
}

function keyIn(account: typeof one, of: Grant = grant) {
  if (account === undefined) throw new Error('there are three accounts')
  return renderAssignmentKey({ accountId: account, permissionSet: of.permissionSet, principalId: id, type: of.type })
}

function open(wrap: (world: World) => Standings = (world) => new Standings(world.objects)) {
  const world = new World()
  const own = (account: typeof one, change: Partial<LedgerEntry> = {}, of = grant) =>
    world.objects.put(`assignments/${keyIn(account, of)}`, JSON.stringify({ ...stored, ...change }))
  const addForeign = (account: typeof one, of = grant, links = foreign.links) =>
    world.objects.put(`foreign/${keyIn(account, of)}`, JSON.stringify({ ...foreign, links }))
  const names = new PrincipalNames(world.objects)
  for (const type of ['GROUP', 'USER'] as const) void names.note({ type, id, name: grant.principal })
  const standings = wrap(world)
  const of = async (...accounts: readonly (typeof one)[]) =>
    Object.fromEntries(
      await standings.of(
        grant,
        accounts.flatMap((account) => account ?? []),
      ),
    )
  return { world, own, addForeign, standings, of }
}

describe('what nobody has heard of', () => {
  const accounts = Array.from({ length: 21 }, (_, index) => accountId.parse(String(400_000_000_000 + index)))

  test('is read one by one for a few accounts, and listed once for many', async () => {
    const asked: string[] = []
    const { own, addForeign, of, standings } = open((world) => {
      const { objects } = intercept(world.ports, async ({ operation, args, proceed }) => {
        asked.push(`${operation} ${args[0]}`)
        return proceed()
      })
      return new Standings(objects)
    })
    const [first, second] = accounts
    await own(first)
    await addForeign(second)
    await of(...accounts.slice(1))
    expect(asked.filter((one) => one.startsWith('list'))).toEqual(['list state/principals/'])
    expect(asked).toHaveLength(41)
    await of(
      one,
      two,
      three,
      ...Array.from({ length: 18 }, (_, index) => accountId.parse(String(500_000_000_000 + index))),
    )
    const marks = 'get state/marks.json'
    expect(asked.slice(41)).toEqual([marks, 'list assignments/', marks, 'list foreign/'])
    expect(Object.keys(await of(...accounts))).toEqual([first, second])
    expect(asked.slice(45)).toEqual([`get assignments/${keyIn(first)}`])
    expect(standings.hasEntryOf(grant.permissionSet)).toBe(true)
    expect(standings.hasEntryOf(permissionSetName.parse('Other-ps'))).toBe(false)
  })

  test('is known to be in foreign/ or not only once it was listed or read', async () => {
    const { addForeign, of, standings } = open()
    await addForeign(two)
    expect(standings.isKnownUnforeign(keyIn(one))).toBe(false)
    await of(one, two)
    expect(standings.isKnownUnforeign(keyIn(one))).toBe(true)
    expect(standings.isKnownUnforeign(keyIn(two))).toBe(false)
    expect(standings.isKnownUnforeign(keyIn(three))).toBe(false)
    await standings.accountsOf(grant)
    expect(standings.isKnownUnforeign(keyIn(three))).toBe(true)
    expect(standings.isKnownUnforeign(keyIn(two))).toBe(false)
    standings.noteForeign(keyIn(three), [])
    expect(standings.isKnownUnforeign(keyIn(three))).toBe(false)
  })
})

describe('how far an assignment is', () => {
  const links = [{ key: link.key, etag: link.etag }]
  const principalId = id

  test('is told by its entry, by foreign/, or by nothing', async () => {
    const { own, addForeign, of } = open()
    await own(one, { state: 'failed', reason: 'refused', missingSince: at })
    await addForeign(two)
    expect(await of(one, two, three)).toEqual({
      [String(one)]: { state: 'failed', reason: 'refused', isMissing: true, principalId, links },
      [String(two)]: { state: 'foreign', principalId, links },
    })
  })

  test('is that of the one to whom a link of the name gave it, where two ids have the name in one second', async () => {
    const other = principalIdSchema.parse('99999999-2222-3333-4444-555555555555')
    const { world, own, of } = open()
    const linkTo = (name: string) => ({ ...link, key: `links_data/account%${one}%Billing-ps%${name}%GROUP%ssofile` })
    const theirs = { ...stored, principalId: other, links: [linkTo('team-Web')] }
    await own(one, { links: [linkTo('team-Other')] })
    await world.objects.put(`assignments/${keyIn(one).replace(id, other)}`, JSON.stringify(theirs))
    await new PrincipalNames(world.objects).note({ type: 'GROUP', id: other, name: grant.principal })
    expect(await of(one)).toMatchObject({ [String(one)]: { principalId: other } })
  })

  test('is told by the ledger where what others gave to a group of that name outlives the group in foreign/', async () => {
    const remade = principalIdSchema.parse('99999999-2222-3333-4444-555555555555')
    const { world, addForeign, of } = open()
    const given = { ...link, key: `links_data/account%${one}%Billing-ps%team-Web%GROUP%ssofile` }
    await addForeign(one, grant, [given])
    const theirs = { ...stored, principalId: remade, links: [given] }
    await world.objects.put(`assignments/${keyIn(one).replace(id, remade)}`, JSON.stringify(theirs))
    await new PrincipalNames(world.objects).note({ type: 'GROUP', id: remade, name: grant.principal })
    expect(await of(one)).toMatchObject({ [String(one)]: { state: 'granted', principalId: remade } })
  })

  test('is told by its entry where it is foreign as well, and without fields that it has not', async () => {
    const { own, addForeign, of } = open()
    await own(one)
    await addForeign(one)
    expect(await of(one)).toEqual({ [String(one)]: { state: 'granted', principalId, links } })
  })

  test('is a failure with its reason where nobody can read its entry, until it is restored', async () => {
    const { world, own, of } = open()
    await world.objects.put(`assignments/${keyIn(one)}`, '{oops')
    const reason = expect.stringContaining(`assignments/${keyIn(one)}: received content`)
    expect(await of(one)).toEqual({ [String(one)]: { state: 'failed', reason } })
    await own(one)
    expect(await of(one)).toMatchObject({ [String(one)]: { state: 'granted' } })
  })

  test('is read once, and then as it was noted here', async () => {
    const { own, addForeign, of, standings } = open()
    await own(one)
    await of(one, two, three)
    await own(one, { state: 'failed' })
    await own(two)
    await addForeign(three)
    expect(Object.entries(await of(one, two, three)).map(([id, { state }]) => [id, state])).toEqual([[one, 'granted']])
    standings.noteForeign(keyIn(two), [link])
    expect(await of(two, three)).toEqual({ [String(two)]: { state: 'foreign', principalId, links } })
    standings.noteGone(keyIn(two))
    expect(await of(two, three)).toEqual({})
  })

  test('is told by its entry while others gave it too, and by foreign/ once the entry is gone', async () => {
    const { of, standings } = open()
    const written = await standings.ledger.write(keyIn(one), { ...entry, state: 'held' }, undefined)
    standings.noteForeign(keyIn(one), [link])
    expect((await of(one))[String(one)]?.state).toBe('held')
    expect(await standings.keysOf(() => true)).toEqual({ ledger: [keyIn(one)], foreign: [], both: [keyIn(one)] })
    await standings.ledger.remove(written)
    expect(await of(one)).toEqual({ [String(one)]: { state: 'foreign', principalId, links } })
    standings.noteGone(keyIn(one))
    expect(await of(one)).toEqual({})
  })

  test('follows what is written and removed here', async () => {
    const { of, standings } = open()
    const written = await standings.ledger.write(keyIn(one), entry, undefined)
    expect((await of(one))[String(one)]?.state).toBe('granted')
    await standings.ledger.remove(written)
    expect(await of(one)).toEqual({})
  })

  test('is foreign still where no entry of it was found', async () => {
    const { addForeign, of, standings } = open()
    await addForeign(one)
    await of(one)
    await standings.ledger.read(keyIn(one))
    expect((await of(one))[String(one)]?.state).toBe('foreign')
  })

  test('is as it was noted while it was read', async () => {
    for (const [note, state] of [
      [(standings: Standings) => standings.noteForeign(keyIn(one), []), 'foreign'],
      [(standings: Standings) => standings.noteGone(keyIn(one)), undefined],
    ] as const) {
      const { of, standings } = open((world) => {
        const { objects } = intercept(world.ports, async ({ operation, args, proceed }) => {
          const answer = await proceed()
          if (operation === 'get' && String(args[0]).startsWith('foreign/')) note(standings)
          return answer
        })
        return new Standings(objects)
      })
      expect((await of(one))[String(one)]?.state).toBe(state)
    }
  })
})

describe('which assignments there are', () => {
  const other: Grant = { ...grant, type: 'USER' }

  test('is listed once, by grant, in the accounts that are meant', async () => {
    const { world, own, addForeign, standings } = open()
    await own(one)
    await own(two)
    await addForeign(two)
    await addForeign(three)
    await own(one, {}, other)
    await world.objects.put('assignments/note.txt', '')
    const isMeant = ({ type }: { readonly type: string }) => type === 'GROUP'
    expect(await standings.keysOf(isMeant)).toEqual({
      ledger: [keyIn(one), keyIn(two)],
      foreign: [keyIn(three)],
      both: [keyIn(two)],
    })
    await own(three)
    expect(await standings.keysOf(isMeant, new Set([one, three].flatMap((id) => id ?? [])))).toEqual({
      ledger: [keyIn(one)],
      foreign: [keyIn(three)],
      both: [],
    })
    expect((await standings.keysOf(() => true)).ledger).toContain(keyIn(one, other))
    expect(await standings.accountsOf(grant)).toEqual([one, two, three])
    expect(await standings.accountsOf(other)).toEqual([one])
    expect(await standings.accountsOf({ ...grant, principal: principalName.parse('nobody') })).toEqual([])
  })

  test('follows what was read and noted here', async () => {
    const { own, addForeign, of, standings } = open()
    await own(one)
    await addForeign(two)
    await standings.accountsOf(grant)
    await of(one, two, three)
    const stored = await standings.ledger.read(keyIn(one))
    if (stored) await standings.ledger.remove(stored)
    expect(await standings.accountsOf(grant)).toEqual([two])
    expect(await standings.keysOf(() => true)).toEqual({ ledger: [], foreign: [keyIn(two)], both: [] })
  })

  test('is listed again where the listing failed', async () => {
    let isFailing = true
    const { own, standings } = open((world) => {
      const { objects } = intercept(world.ports, async ({ operation, proceed }) => {
        if (operation === 'list' && isFailing) throw noAnswer('ListObjectsV2')
        return proceed()
      })
      return new Standings(objects)
    })
    await own(one)
    await expect(standings.accountsOf(grant)).rejects.toThrow('was not answered')
    isFailing = false
    expect(await standings.accountsOf(grant)).toEqual([one])
  })
})

test('links that an entry names no more are told once, by account', async () => {
  const { own, standings } = open()
  const links = ['a', 'b', 'c'].map((name) => ({ ...link, key: `links_data/${name}` }))
  await own(one, { links })
  if (one === undefined || two === undefined) throw new Error('there are three accounts')
  const before = await standings.ledger.read(keyIn(one))
  expect(standings.takeDropped(one)).toEqual([])
  const fewer: LedgerEntry = { ...entry, links: links.slice(1) }
  const written = await standings.ledger.write(keyIn(one), fewer, before)
  const last = await standings.ledger.write(keyIn(one), fewer, written)
  expect(standings.takeDropped(two)).toEqual([])
  await standings.ledger.remove(last)
  expect(standings.takeDropped(one)).toEqual(['links_data/a', 'links_data/b', 'links_data/c'])
  expect(standings.takeDropped(one)).toEqual([])
})

test('an entry may name the links that it has, and any where nobody can read it', () => {
  const standing = { state: 'granted', links: [link, { key: 'links_data/b', etag: 'e' }] } as const
  expect(['links_data/a', 'links_data/b', 'links_data/c'].map((key) => mayName(standing, key))).toEqual([
    true,
    true,
    false,
  ])
  expect(mayName({ state: 'failed', links: [] }, 'links_data/a')).toBe(false)
  expect(mayName({ state: 'failed' }, 'links_data/a')).toBe(true)
})
