import { describe, expect, test } from '@jest/globals'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { stride } from '../../../depth.ts'
import { noAnswer } from '../../../intercept.ts'
import type { WorldOptions } from '../../../world.ts'
import { Grouping } from './grouping.ts'

const ana = 'ana.ruiz@acme.example'
const file = `people/${ana}.json`
const suspended = `suspended/${ana}`
const names = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }
const on = { directory: 'identity-center' } as const

const open = (configuration: WorldOptions['configuration'] = {}) => new Grouping({ ...on, ...configuration })
const userOf = async ({ world }: Grouping) => {
  const id = world.identityStore.idOf('USER', ana)
  return id && (await world.identityStore.findUser(id))
}
const events = async ({ world }: Grouping) =>
  (await world.keys('changes/')).flatMap((key) => /%person-([a-z-]+)%/.exec(key)?.[1] ?? [])

/** Minutes pass, with what is due in each, until the status says so. */
async function minutesUntil(grouping: Grouping, key: string, state: string): Promise<void> {
  for (let minute = 0; minute < 10 && (await grouping.status(key))?.state !== state; minute++) {
    await grouping.world.clock.advance(60_000)
    await grouping.world.finish(grouping.world.everyMinute()).catch(() => undefined)
  }
  await grouping.until(key, state)
}

test('a person comes by a file: the user is made, changed by difference, and history has it', async () => {
  const grouping = open()
  await grouping.put(file, { ...names, email: ana, department: 'Web', title: 'Engineer' })
  await grouping.until(file, 'applied')
  expect(await userOf(grouping)).toMatchObject({
    name: ana,
    isExternal: false,
    profile: { ...names, email: ana, department: 'Web', title: 'Engineer' },
  })
  await grouping.put(file, { ...names, email: 'ruiz@acme.example', department: 'Ops' })
  await grouping.world.until(async () => (await userOf(grouping))?.profile.department === 'Ops', 'the change')
  expect((await userOf(grouping))?.profile).toEqual({ ...names, email: 'ruiz@acme.example', department: 'Ops' })
  expect((await events(grouping)).toSorted()).toEqual(['changed', 'created'])
  expect(grouping.world.errors).toEqual([])
})

test('without the configuration a file changes nothing, and says what is needed', async () => {
  const grouping = new Grouping()
  await grouping.put(file, names)
  await grouping.until(file, 'rejected')
  expect((await grouping.status(file))?.reason).toContain('"directory": "identity-center"')
  expect(await userOf(grouping)).toBeUndefined()
})

test('a name that is too long with the suffix is rejected with what the directory says, and is gone with the file', async () => {
  const grouping = open({ principalSuffix: '@acme.example' })
  const long = `people/${'a'.repeat(120)}.json`
  await grouping.put(long, names)
  await grouping.until(long, 'rejected')
  expect((await grouping.status(long))?.reason).toContain("Value at 'userName' failed to satisfy constraint")
  await grouping.delete(long)
  await grouping.until(long, undefined)
  expect(await grouping.world.keys('owned_people/')).toEqual([])
  expect(grouping.world.errors).toEqual([])
})

test('a person whose file is gone counts as suspended, and comes back with it', async () => {
  const grouping = open()
  await grouping.put(file, names)
  await grouping.until(file, 'applied')
  const link = `links_data/account%233000000002%Support-ps%${ana}%USER%ssofile`
  await grouping.put('permission_sets/Support-ps.json', { permissionSetName: 'Support-ps' })
  await grouping.put(link)
  await grouping.until(link, 'applied')
  await grouping.delete(file)
  await minutesUntil(grouping, suspended, 'suspended')
  await grouping.until(file, undefined)
  expect(await userOf(grouping)).toBeDefined()
  expect((await grouping.status(link))?.state).toBe('waiting')
  // Somebody deletes what ssofile wrote: it is put back, and nothing is given.
  await grouping.delete(suspended)
  await grouping.world.until(async () => (await grouping.world.keys('suspended/')).length > 0, 'put back')
  expect((await grouping.world.keys('assignments/')).filter((key) => key.includes('Support-ps'))).toEqual([])
  await grouping.put(file, names)
  await grouping.until(file, 'applied')
  await grouping.until(link, 'applied')
  expect(await grouping.world.keys('suspended/')).toEqual([])
  expect(await events(grouping)).toEqual(
    expect.arrayContaining(['created', 'ended', 'suspended', 'returned', 'restored']),
  )
})

test('a person is made when it is time, suspended when it is over, and deleted when nothing is left', async () => {
  const grouping = open()
  const { world } = grouping
  const at = (minutes: number) => new Date(Date.parse('2026-03-03T10:00:00Z') + minutes * 60_000).toISOString()
  const contract = {
    ...names,
    userType: 'contractor',
    sponsor: 'ben',
    startsAt: at(5),
    endsAt: at(20),
    deleteAfterDays: 1,
  }
  await grouping.put(file, contract)
  await grouping.until(file, 'waiting')
  expect(await userOf(grouping)).toBeUndefined()
  const pass = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinute())
    }
  }
  await pass(7)
  await grouping.until(file, 'applied')
  await pass(16)
  await minutesUntil(grouping, suspended, 'suspended')
  await grouping.until(file, 'expired')
  expect(await userOf(grouping)).toBeDefined()
  await world.clock.advance(24 * 60 * 60_000)
  await world.finish(world.everyMinute())
  await world.until(async () => (await userOf(grouping)) === undefined, 'deleted')
  await world.until(async () => (await world.keys('suspended/')).length === 0, 'nobody of this name is suspended')
  expect(await world.keys('owned_people/')).toEqual([])
  expect((await grouping.status(file))?.state).toBe('expired')
  expect(await events(grouping)).toEqual(expect.arrayContaining(['created', 'ended', 'deleted']))
})

test('a user whose file says otherwise just before the deletion stays', async () => {
  const grouping = open()
  const { world } = grouping
  await grouping.put(file, { ...names, endsAt: '2026-03-03T10:05:00Z', deleteAfterDays: 1 })
  await grouping.until(file, 'applied')
  await world.clock.advance(6 * 60_000)
  await world.finish(world.everyMinute())
  await minutesUntil(grouping, suspended, 'suspended')
  await world.clock.advance(24 * 60 * 60_000)
  let looks = 0
  grouping.answer = async ({ operation, args, proceed }) => {
    // What is left of ours, the last look before the deletion.
    if (operation === 'list' && String(args[0]).startsWith('owned_memberships/') && ++looks === 1)
      await grouping.put(file, { ...names, endsAt: '2027-03-03T10:05:00Z' })
    return proceed()
  }
  await world.finish(world.everyMinute())
  await minutesUntil(grouping, file, 'applied')
  expect(looks).toBeGreaterThan(0)
  expect(await userOf(grouping)).toBeDefined()
  expect(await events(grouping)).not.toContain('deleted')
})

test('a file that is not valid any more prolongs nothing', async () => {
  const grouping = open()
  const { world } = grouping
  await grouping.put(file, { ...names, endsAt: '2026-03-03T10:05:00Z' })
  await grouping.until(file, 'applied')
  await grouping.put(file, { ...names, endsAt: 'never' })
  await grouping.until(file, 'rejected')
  await world.clock.advance(6 * 60_000)
  await world.finish(world.everyMinute())
  await minutesUntil(grouping, suspended, 'suspended')
})

describe('who is not written', () => {
  test('a user who was there is adopted where governance says so, and keeps what the file leaves out', async () => {
    const grouping = open()
    await grouping.put('policies/people.json', { contact: 'it', adoptPeople: ['ana.*'] })
    await grouping.world.identityStore.createPerson(principalName.parse(ana), { ...names, title: 'CTO' })
    await grouping.put(file, { ...names, department: 'Web' })
    await grouping.until(file, 'applied')
    expect((await userOf(grouping))?.profile).toEqual({ ...names, title: 'CTO', department: 'Web' })
    expect((await grouping.status(file))?.owned).toBe(false)
    expect((await events(grouping)).toSorted()).toEqual(['adopted', 'changed'])
  })

  test('a user who was there, where no policy lets the file take the user over; the file’s deletion ends nothing', async () => {
    const grouping = open()
    const { identityStore } = grouping.world
    await identityStore.createPerson(principalName.parse(ana), { ...names, email: 'ana@acme.example' })
    await grouping.put(file, { ...names, email: 'thief@other.example', deleteAfterDays: 0 })
    await grouping.until(file, 'rejected')
    expect((await grouping.status(file))?.remedy).toContain('adoptPeople')
    await grouping.delete(file)
    await grouping.until(file, undefined)
    await grouping.world.clock.advance(60_000)
    await grouping.world.finish(grouping.world.everyMinute())
    expect((await userOf(grouping))?.profile.email).toBe('ana@acme.example')
    expect(await grouping.world.keys('suspended/')).toEqual([])
  })

  test('the e-mail address of an adopted user, and nothing else of that file', async () => {
    const grouping = open()
    await grouping.put('policies/people.json', { contact: 'it', adoptPeople: ['*'] })
    const { identityStore } = grouping.world
    await identityStore.createPerson(principalName.parse(ana), { ...names, email: 'ana@acme.example' })
    await grouping.put(file, { ...names, email: 'thief@other.example', title: 'CTO' })
    await grouping.until(file, 'rejected')
    expect((await userOf(grouping))?.profile).toEqual({ ...names, email: 'ana@acme.example' })
    await grouping.put(file, { ...names, title: 'CTO' })
    await grouping.until(file, 'applied')
    expect((await userOf(grouping))?.profile).toMatchObject({ email: 'ana@acme.example', title: 'CTO' })
  })

  test('whom neverSuspend names: no change, no end and no deletion', async () => {
    const grouping = open()
    await grouping.put(file, { ...names, deleteAfterDays: 0 })
    await grouping.until(file, 'applied')
    await grouping.put('policies/people.json', { contact: 'it', neverSuspend: ['ana.*'] })
    await grouping.world.clock.advance(10_000)
    await grouping.put(file, { ...names, title: 'CTO', deleteAfterDays: 0 })
    await grouping.until(file, 'rejected')
    await grouping.delete(file)
    await grouping.until(file, 'blocked')
    expect((await userOf(grouping))?.profile).toEqual(names)
    expect(await grouping.world.keys('suspended/')).toEqual([])
  })

  test('a user with ExternalIds', async () => {
    const grouping = open()
    const { identityStore } = grouping.world
    const id = await identityStore.createPerson(principalName.parse(ana), names)
    identityStore.setExternalIdOfUser(id, { issuer: 'https://other.example', id: 'x' })
    await grouping.put(file, { ...names, title: 'CTO' })
    await grouping.until(file, 'rejected')
    expect((await userOf(grouping))?.profile).toEqual(names)
    expect((await grouping.status(file))?.reason).toContain('whom a provider keeps')
  })

  test('anybody, where a provider keeps users by SCIM: the status names the evidence', async () => {
    const grouping = open()
    const { identityStore } = grouping.world
    identityStore.setExternalIdOfUser(grouping.id('USER', 'kenji.ito@acme.example'), {
      issuer: 'https://scim.aws.com/abc',
      id: 'x',
    })
    await grouping.put(file, names)
    await grouping.until(file, 'rejected')
    expect((await grouping.status(file))?.reason).toContain(
      "'kenji.ito@acme.example' has the issuer https://scim.aws.com/abc",
    )
    expect(await userOf(grouping)).toBeUndefined()
  })
})

test.each(['restore', 'report'] as const)(
  'a change by hand is found within the hour, and onDrift says %s',
  async (onDrift) => {
    const grouping = open({ onDrift })
    const { world } = grouping
    await grouping.put(file, { ...names, title: 'Engineer' })
    await grouping.until(file, 'applied')
    const id = grouping.id('USER', ana)
    await world.identityStore.updatePerson(id, { title: 'CTO' })
    await world.finish(world.everyHour())
    if (onDrift === 'report') await grouping.until(file, 'failed')
    else await world.until(async () => (await userOf(grouping))?.profile.title === 'Engineer', 'restored')
    expect((await userOf(grouping))?.profile.title).toBe(onDrift === 'report' ? 'CTO' : 'Engineer')
  },
)

test.each(['before', 'after'] as const)(
  'a call that fails, %s it takes effect, leaves one user, made once, and a person who comes and goes',
  async (when) => {
    for (let atCall = 0; ; atCall += stride) {
      const grouping = open()
      let calls = 0
      let hasFailed = false
      grouping.answer = async ({ proceed }) => {
        const isLast = calls++ === atCall
        if (!isLast) return proceed()
        hasFailed = true
        if (when === 'after') await proceed()
        throw noAnswer('a call')
      }
      await grouping.put(file, names)
      await minutesUntil(grouping, file, 'applied')
      await grouping.delete(file)
      await minutesUntil(grouping, suspended, 'suspended')
      await grouping.put(file, names)
      await grouping.world.until(async () => (await grouping.world.keys('suspended/')).length === 0, 'back')
      await minutesUntil(grouping, file, 'applied')
      const told = (await events(grouping)).filter((event) => event === 'created')
      expect({ atCall, profile: (await userOf(grouping))?.profile, told }).toEqual({
        atCall,
        profile: names,
        told: ['created'],
      })
      expect(await grouping.world.keys('suspended/')).toEqual([])
      if (!hasFailed) return
    }
  },
  120_000,
)

describe('a user who is to be deleted at once', () => {
  const manyOf = (count: number) => Array.from({ length: count }, (_, index) => `people/leaver-${index}.json`)
  const said = { ...names, deleteAfterDays: 0 }

  test('is not deleted with access or memberships that others gave', async () => {
    const grouping = open()
    const { world } = grouping
    await grouping.put(file, said)
    await grouping.until(file, 'applied')
    const group = await world.identityStore.createGroup({ displayName: 'made-by-others' })
    await world.identityStore.createGroupMembership(group, grouping.id('USER', ana))
    await grouping.delete(file)
    await minutesUntil(grouping, file, 'blocked')
    expect((await grouping.status(file))?.reason).toContain('made-by-others')
    expect(await userOf(grouping)).toBeDefined()
  })

  test('counts in the brake: of fourteen at once, those beyond brake.people stay until they are released', async () => {
    const grouping = open()
    const { world } = grouping
    for (const key of manyOf(14)) await grouping.put(key, said)
    for (const key of manyOf(14)) await grouping.until(key, 'applied')
    for (const key of manyOf(14)) await grouping.delete(key)
    for (let minute = 0; minute < 8; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinute()).catch(() => undefined)
    }
    await world.until(async () => (await left(grouping)) === 9, 'five are deleted, and nine are held')
    const held = (await world.keys('attention/held/')).filter((key) => key.includes('suspended/leaver-'))
    expect(held).toHaveLength(9)
  })

  const left = async ({ world }: Grouping) =>
    (await Promise.all(manyOf(14).map(async (_, index) => world.identityStore.idOf('USER', `leaver-${index}`)))).filter(
      (id) => id !== undefined,
    ).length
})
