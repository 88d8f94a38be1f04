import { describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { ledgerEntry } from '../../shared/domain/assignments/ledger-entry.ts'
import { parseLinkBody } from '../../shared/domain/links/link-body.ts'
import { someOf } from '../depth.ts'
import { laterText, laterVersion } from './later-version.ts'
import { RecordsLife } from './play-records.ts'

/** What becomes of a whole life: access, and what every status says. */
async function outcomeOf(life: RecordsLife) {
  const { world } = life
  // The ids of permission sets are drawn: whoever comes first has another one.
  const owned = await Promise.all(
    (await world.keys('owned_permission_sets/')).map(async (key) => [(await world.json(key))?.arn, key] as const),
  )
  const nameOf = new Map<unknown, string>(owned)
  const access = world.ssoAdmin
    .assignments()
    .map(({ permissionSetArn, ...one }) =>
      JSON.stringify({ ...one, set: nameOf.get(permissionSetArn) ?? permissionSetArn }),
    )
  const statuses: [string, unknown][] = []
  for (const key of await world.keys('status/')) statuses.push([key, (await world.json(key))?.state])
  const held = (await world.json('control/brake.json'))?.lists as readonly { held: readonly string[] }[]
  const events = (await world.keys('changes/')).map((key) => key.replace(/^[^%]*%/, ''))
  return { access: access.sort(), statuses, held: held.map((list) => list.held), events: events.sort() }
}

async function live(life: RecordsLife) {
  await life.grant()
  await life.act()
  await life.hold()
  return outcomeOf(life)
}

test('a life in which each record and message has fields of a later version ends as one without', async () => {
  const plain = new RecordsLife()
  const later = new RecordsLife(laterVersion)
  const [expected, outcome] = [await live(plain), await live(later)]
  expect(outcome).toEqual(expected)
  expect(later.world.errors).toEqual([])
  expect(outcome.held.flat().length).toBeGreaterThan(0)
  expect(later.world.log.lines.filter(({ level }) => level === 'error')).toEqual(
    plain.world.log.lines.filter(({ level }) => level === 'error'),
  )
})

test('what this version does not know of an entry of the ledger is kept when it changes that entry', async () => {
  const life = new RecordsLife()
  await life.grant()
  const { world } = life
  const link = 'links_data/ou_id%ou-acme-workload%Read-ps%developers%GROUP%ssofile'
  const key = `assignments/${world.keyOf('account%100000000001%Read-ps%developers%GROUP%ssofile')}`
  await world.objects.put(key, laterText(JSON.stringify(await world.json(key))))
  await world.objects.put(link, JSON.stringify({ reason: 'another reason' }))
  await world.until(async () => JSON.stringify(await world.json(key)).includes('another reason'), 'the new reason')
  expect((await world.json(key))?.ofALaterVersion).toEqual({ is: ['unknown'] })
  expect(ledgerEntry.parse(await world.json(key)).state).toBe('granted')
})

test('a link of temporary access that a later version wrote is in force', () => {
  const request = {
    digest: '0'.repeat(32),
    user: '12345678-1234-1234-1234-123456789012',
    eligibility: 'a',
    approvedBy: [],
  }
  const body = laterText(JSON.stringify({ expiresAt: '2026-03-03T11:00:00Z', request }))
  const key = 'links_data/temporary/account%100000000000%Read-ps%maria%USER%ssofile'
  expect(parseLinkBody(key, new TextEncoder().encode(body)).ok).toBe(true)
  expect(parseLinkBody(key.replace('temporary/', ''), new TextEncoder().encode(body)).ok).toBe(false)
})

describe('a value that only a later version knows is put off, and everything else goes on:', () => {
  const ours = 'Read-ps%developers%GROUP%ssofile'
  const ofMaria = 'assignments/account%100000000005%Read-ps%maria%USER%ssofile'
  /** What the record says instead, by a path of fields. */
  const change = (value: unknown, [first, ...rest]: readonly (string | number)[], to: unknown): unknown => {
    if (first === undefined) return to
    if (Array.isArray(value)) return value.map((one, index) => (index === first ? change(one, rest, to) : one))
    return { ...z.looseObject({}).parse(value), [first]: change(z.looseObject({}).parse(value)[first], rest, to) }
  }

  const values: readonly (readonly [string, string, readonly (string | number)[], 'stays' | 'is made again'])[] = [
    ['the state of a ledger entry', `assignments/account%100000000001%${ours}`, ['state'], 'stays'],
    ['the call of a ledger entry', `assignments/account%100000000001%${ours}`, ['lastCreation', 'kind'], 'stays'],
    [
      'the state of a status',
      `status/links_data/account%100000000005%Read-ps%maria%USER%ssofile.json`,
      ['state'],
      'stays',
    ],
    ['what is in force of a permission set', 'owned_permission_sets/Read-ps', ['applied'], 'stays'],
    ['the state of an account', 'state/organization.json', ['accounts', 0, 'state'], 'is made again'],
    ['an outcome that was told', 'state/notifications.json', ['sending'], 'is made again'],
    ['a state in the memory of a sweep', 'state/reconcile.json', ['v'], 'is made again'],
  ]

  test.each(someOf(values))('%s', async (_, name, path, then) => {
    const life = new RecordsLife()
    await life.grant()
    const { world } = life
    const key = name.startsWith('assignments/') ? `assignments/${world.keyOf(name.slice('assignments/'.length))}` : name
    const text = JSON.stringify(change(await world.json(key), path, 'later'))
    await world.objects.put(key, text)
    const link = 'links_data/account%100000000009%Theirs-ps%security%GROUP%ssofile'
    await world.objects.put(link, '')
    await world.objects.delete('links_data/account%100000000005%Read-ps%maria%USER%ssofile')
    await life.turn()
    expect(await life.statusOf(link)).toBe('applied')
    if (!key.includes('maria')) expect(await world.json(ofMaria)).toBeUndefined()
    const now = JSON.stringify(await world.json(key))
    if (then === 'stays') expect(now).toBe(text)
    else expect(now).not.toContain('"later"')
  })

  test('the rule of a list of the brake: nothing is revoked, and what is new is granted', async () => {
    const life = new RecordsLife()
    await life.grant()
    await life.hold()
    const { world } = life
    const text = JSON.stringify(change(await world.json('control/brake.json'), ['lists', 0, 'rule'], 'later'))
    await world.objects.put('control/brake.json', text)
    const [link, gone] = ['9%Theirs-ps%security%GROUP', '5%Read-ps%maria%USER'].map(
      (rest) => `links_data/account%10000000000${rest}%ssofile`,
    )
    await world.objects.put(`${link}`, '')
    await world.objects.delete(`${gone}`)
    await life.turn()
    expect(await life.statusOf(`${link}`)).toBe('applied')
    expect(await world.json(ofMaria)).toBeDefined()
    expect(JSON.stringify(await world.json('control/brake.json'))).toBe(text)
    expect(await life.statusOf('control/brake.json')).toBe('failed')
  })
})
