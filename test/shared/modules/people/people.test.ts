import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { hasName } from '../../../../shared/domain/text/sorted-names.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { stride } from '../../../depth.ts'
import { noAnswer } from '../../../intercept.ts'
import type { WorldOptions } from '../../../world.ts'
import { Grouping, kenji } from './grouping.ts'

const ana = 'ana.ruiz@acme.example'
const file = `people/${ana}.json`
const suspended = `suspended/${ana}`
const names = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }
const theirs = permissionSetName.parse('Theirs')
const account = accountId.parse('233000000002')
const on = { directory: 'identity-center' } as const

const open = (configuration: WorldOptions['configuration'] = {}) => new Grouping({ ...on, ...configuration })
const userOf = async ({ world }: Grouping) => {
  const id = world.identityStore.idOf('USER', ana)
  return id && (await world.identityStore.findUser(id))
}
const events = async ({ world }: Grouping) =>
  (await world.keys('changes/')).flatMap((key) => /%person-([a-z-]+)%/.exec(key)?.[1] ?? [])

/** What others gave is compared, as each night. */
async function compare({ world }: Grouping): Promise<void> {
  await world.finish(world.everyNight(), 1_000)
}

/** Minutes pass, with what is due in each, until the status says so. */
async function minutesUntil(grouping: Grouping, key: string, state: string): Promise<void> {
  for (let minute = 0; minute < 10 && (await grouping.status(key))?.state !== state; minute++) {
    await grouping.world.clock.advance(60_000)
    await grouping.world.finish(grouping.world.everyMinute()).catch(() => undefined)
  }
  await grouping.until(key, state)
}

/** Minutes pass until none of these is in the directory. */
async function minutesUntilGone({ world }: Grouping, people: readonly string[]): Promise<void> {
  const left = () => people.filter((name) => world.identityStore.idOf('USER', name) !== undefined)
  for (let minute = 0; minute < 15 && left().length > 0; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinute()).catch(() => undefined)
  }
  await world.until(async () => left().length === 0, 'deleted')
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

test('an e-mail address that somebody else has is told by the name of that user, for a new person and for a change', async () => {
  const grouping = open()
  const { identityStore } = grouping.world
  const other = identityStore.createUser({
    userName: 'ruiz@acme.example',
    attributes: { Emails: [{ Value: 'ruiz@mail.example' }] },
  })
  await other
  const used = {
    state: 'rejected',
    reason: `received the e-mail address 'ruiz@mail.example' for user '${ana}', but user 'ruiz@acme.example' has it; expected an address that nobody has`,
    remedy: "write another address into the file, or change that of 'ruiz@acme.example'",
  }
  await grouping.put(file, { ...names, email: 'ruiz@mail.example' })
  await grouping.until(file, 'rejected')
  expect(await grouping.status(file)).toMatchObject(used)
  await grouping.put(file, { ...names, email: ana })
  await grouping.until(file, 'applied')
  await grouping.put(file, { ...names, email: 'ruiz@mail.example' })
  await grouping.until(file, 'rejected')
  expect(await grouping.status(file)).toMatchObject(used)
  expect((await userOf(grouping))?.profile.email).toBe(ana)
  expect(grouping.world.errors).toEqual([])
})

test('a user whose name differs only in capitals is told by its exact name if the address says that it is the same person', async () => {
  const grouping = open()
  await grouping.world.identityStore.createUser({
    userName: 'Ana.Ruiz@acme.example',
    attributes: { Emails: [{ Value: ana }] },
  })
  await grouping.put(file, { ...names, email: ana })
  await grouping.until(file, 'rejected')
  expect((await grouping.status(file))?.remedy).toBe(
    "upload the file under the name 'Ana.Ruiz@acme.example', and delete this one",
  )
})

test('a name that is too long with the suffix is rejected with what the directory says, and leaves nothing when the file is gone', async () => {
  const grouping = open({ principalSuffix: '@acme.example' })
  const long = `people/${'a'.repeat(120)}.json`
  await grouping.put(long, names)
  await grouping.until(long, 'rejected')
  expect((await grouping.status(long))?.reason).toContain("Value at 'userName' failed to satisfy constraint")
  await grouping.delete(long)
  await grouping.until(long, undefined)
  // For five minutes a call that was not answered may still make the user.
  await grouping.world.clock.advance(5 * 60_000)
  await grouping.world.finish(grouping.world.everyMinute())
  await grouping.world.clock.advance(10_000)
  expect(await grouping.world.keys('owned_people/')).toEqual([])
  expect(await grouping.world.keys('suspended/')).toEqual([])
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
  await compare(grouping)
  await minutesUntilGone(grouping, [ana])
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

test('a person without an end, as systems of HR write it in any time zone, is kept, and others end in time', async () => {
  const grouping = open()
  const bob = 'people/bob.roe@acme.example.json'
  await grouping.put(file, { ...names, endsAt: '9999-12-31T23:59:59-05:00' })
  await grouping.put(bob, { ...names, endsAt: new Date(grouping.world.clock.now().getTime() + 90_000).toISOString() })
  await grouping.until(file, 'applied')
  await grouping.until(bob, 'applied')
  await minutesUntil(grouping, bob, 'expired')
  expect((await grouping.status(file))?.state).toBe('applied')
  expect((await grouping.world.keys('state/expiry/')).filter((key) => key.endsWith(file))).toEqual([
    `state/expiry/9999-12-31T23:59:59.999Z%${file}`,
  ])
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
    expect((await grouping.status(file))?.reason).toContain('which an identity provider manages')
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
  const fourteen = Array.from({ length: 14 }, (_, index) => `leaver-${index}`)
  const said = { ...names, deleteAfterDays: 0 }
  const there = ({ world }: Grouping) =>
    fourteen.filter((name) => world.identityStore.idOf('USER', name) !== undefined).length
  const lists = async ({ world }: Grouping) => (await brakeFile(world.objects).read())?.value.lists ?? []

  async function pass({ world }: Grouping, minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinute()).catch(() => undefined)
    }
  }

  async function release(grouping: Grouping): Promise<void> {
    for (const list of await lists(grouping)) await releaseList(grouping.world.objects, digestOf(list), 'olga')
  }

  test('is not deleted with memberships that others gave', async () => {
    const grouping = open()
    const { world } = grouping
    await grouping.put(file, said)
    await grouping.until(file, 'applied')
    const group = await world.identityStore.createGroup({ displayName: 'made-by-others' })
    await world.identityStore.createGroupMembership(group, grouping.id('USER', ana))
    await grouping.delete(file)
    await minutesUntil(grouping, file, 'blocked')
    await compare(grouping)
    await pass(grouping, 70)
    expect((await grouping.status(file))?.reason).toContain('made-by-others')
    expect(await userOf(grouping)).toBeDefined()
  })

  test('is not deleted with access of which no event told: a drift check comes first', async () => {
    const grouping = open()
    const { world } = grouping
    await compare(grouping)
    await grouping.put(file, said)
    await grouping.until(file, 'applied')
    await world.clock.advance(2_000)
    const set = await world.ssoAdmin.createPermissionSet({ name: theirs, sessionDuration: 'PT1H', tags: [] })
    const access = { accountId: account, permissionSetArn: set, principalId: grouping.id('USER', ana) }
    await world.finish(world.ssoAdmin.createAccountAssignment({ ...access, principalType: 'USER' }))
    await grouping.delete(file)
    await minutesUntil(grouping, suspended, 'suspended')
    await pass(grouping, 10)
    expect(await grouping.status(file)).toMatchObject({ state: 'blocked', reason: expect.stringContaining('drift') })
    await compare(grouping)
    await pass(grouping, 70)
    expect(await grouping.status(file)).toMatchObject({ state: 'blocked', reason: expect.stringContaining('partly') })
    expect(await grouping.status(suspended)).toMatchObject({
      state: 'partly',
      reason: expect.stringContaining('access that ssofile does not manage'),
    })
    expect(await userOf(grouping)).toBeDefined()
  })

  test('waits while a policy is not valid, which may protect the user; and nobody is adopted meanwhile', async () => {
    const grouping = open()
    await grouping.put('policies/people.json', { contact: 'it', adoptPeople: ['*'] })
    await grouping.put(file, said)
    await grouping.until(file, 'applied')
    await grouping.put('policies/broken.json', { neverSuspend: ['ana.*'] })
    await grouping.world.clock.advance(10_000)
    const other = `people/${kenji}.json`
    await grouping.put(other, names)
    await grouping.until(other, 'rejected')
    expect((await grouping.status(other))?.reason).toContain('policies/broken.json')
    await grouping.delete(file)
    await minutesUntil(grouping, file, 'blocked')
    await compare(grouping)
    await pass(grouping, 5)
    expect((await grouping.status(file))?.reason).toContain('policies/broken.json')
    await grouping.delete('policies/broken.json')
    await pass(grouping, 60)
    await minutesUntilGone(grouping, [ana])
  })

  test('counts in the brake: of fourteen who were suspended one by one and fall due together, five are deleted', async () => {
    const grouping = open()
    for (const name of fourteen) await grouping.put(`people/${name}.json`, { ...said, deleteAfterDays: 1 })
    for (const name of fourteen) await grouping.until(`people/${name}.json`, 'applied')
    for (const [index, name] of fourteen.entries()) {
      await grouping.delete(`people/${name}.json`)
      if (index % 5 === 4) await pass(grouping, 16)
    }
    await pass(grouping, 5)
    expect(await lists(grouping)).toEqual([])
    await grouping.world.clock.advance(24 * 60 * 60_000)
    await compare(grouping)
    await pass(grouping, 20)
    expect(there(grouping)).toBe(9)
    const [list] = await lists(grouping)
    expect(list).toMatchObject({ rule: 'people', cause: 'everything', limit: 5, passed: 5, items: { length: 9 } })
    const keys = await grouping.world.keys('attention/held/')
    expect(keys.filter((key) => key.includes('people/leaver-'))).toHaveLength(9)
    await release(grouping)
    await minutesUntilGone(grouping, fourteen)
    expect(await lists(grouping)).toEqual([])
  })

  test('is not deleted while the brake holds the suspension, and a release of suspensions deletes nobody beyond five', async () => {
    const grouping = open()
    for (const name of fourteen) await grouping.put(`people/${name}.json`, said)
    for (const name of fourteen) await grouping.until(`people/${name}.json`, 'applied')
    for (const name of fourteen) await grouping.delete(`people/${name}.json`)
    await pass(grouping, 3)
    await compare(grouping)
    await pass(grouping, 3)
    expect(there(grouping)).toBe(9)
    expect(await lists(grouping)).toMatchObject([{ cause: 'uploader', items: { length: 9 } }])
    await release(grouping)
    await pass(grouping, 10)
    expect(there(grouping)).toBe(9)
    expect(await lists(grouping)).toMatchObject([{ cause: 'everything', items: { length: 9 } }])
  })

  test('leaves the list of the brake when the file comes back, with or without the days', async () => {
    const grouping = open()
    for (const name of fourteen) await grouping.put(`people/${name}.json`, { ...said, deleteAfterDays: 1 })
    for (const name of fourteen) await grouping.until(`people/${name}.json`, 'applied')
    for (const [index, name] of fourteen.slice(0, 7).entries()) {
      await grouping.delete(`people/${name}.json`)
      if (index === 4) await pass(grouping, 16)
    }
    await pass(grouping, 5)
    await grouping.world.clock.advance(24 * 60 * 60_000)
    await compare(grouping)
    await pass(grouping, 10)
    const [list] = await lists(grouping)
    const held = fourteen.filter(
      (name) => list && hasName(list.items, `deletion%${grouping.world.identityStore.idOf('USER', name)}`),
    )
    expect(held).toHaveLength(2)
    const [kept = '', back = ''] = held
    await grouping.put(`people/${kept}.json`, { ...names, endsAt: '2026-03-03T10:05:00Z' })
    await grouping.until(`people/${kept}.json`, 'expired')
    await grouping.put(`people/${back}.json`, names)
    await grouping.until(`people/${back}.json`, 'applied')
    expect(await lists(grouping)).toEqual([])
    await pass(grouping, 20)
    expect(await grouping.world.keys('suspended/')).toEqual([`suspended/${kept}`])
    expect(there(grouping)).toBe(9)
  })
})

test('a user whom somebody made while the answer of our create was not known is not taken over', async () => {
  const grouping = open()
  const { identityStore } = grouping.world
  let isDead = true
  grouping.answer = async ({ operation, proceed }) => {
    if (isDead && operation === 'createPerson') throw noAnswer('a call')
    return proceed()
  }
  await grouping.put(file, { ...names, email: 'thief@other.example', deleteAfterDays: 0 })
  await grouping.world.until(async () => (await grouping.world.keys('owned_people/')).length > 0, 'the claim')
  await identityStore.createPerson(principalName.parse(ana), { ...names, email: ana })
  isDead = false
  await minutesUntil(grouping, file, 'rejected')
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(await grouping.world.keys('suspended/')).toEqual([])
  await compare(grouping)
  await grouping.world.clock.advance(2 * 60 * 60_000)
  await grouping.world.finish(grouping.world.everyMinute())
  expect((await userOf(grouping))?.profile.email).toBe(ana)
})

test.each(['made again by hand', 'made by hand after a refusal'])(
  'a user %s is not taken over by a file that is written as that user is',
  async (how) => {
    const grouping = open()
    const { identityStore } = grouping.world
    const theirs = { ...names, email: ana }
    if (how === 'made again by hand') {
      await grouping.put(file, { ...names, title: 'Engineer' })
      await grouping.until(file, 'applied')
      const own = identityStore.idOf('USER', ana)
      if (own !== undefined) await identityStore.deleteUser(own)
    } else {
      grouping.answer = async ({ operation, proceed }) => {
        if (operation !== 'createPerson') return proceed()
        throw new ServiceError('identitystore', 'ValidationException', 'not this one')
      }
      await grouping.put(file, names)
      await grouping.until(file, 'rejected')
      grouping.answer = ({ proceed }) => proceed()
    }
    await identityStore.createPerson(principalName.parse(ana), theirs)
    await grouping.put(file, { ...theirs, title: 'other' })
    await minutesUntil(grouping, file, 'rejected')
    await grouping.put(file, theirs)
    await grouping.world.clock.advance(5 * 60_000)
    expect(await grouping.status(file)).toMatchObject({
      state: 'rejected',
      reason: expect.stringContaining('which already existed'),
    })
    await grouping.put(file, { ...theirs, email: 'thief@other.example' })
    await grouping.world.clock.advance(5 * 60_000)
    expect((await userOf(grouping))?.profile.email).toBe(ana)
    expect(await grouping.world.keys('owned_people/')).toEqual([])
  },
)

test.each([
  ['is not taken over', [], { state: 'rejected', reason: expect.stringContaining('which already existed') }],
  ['is adopted again where governance says so', ['ana.*'], { state: 'applied', owned: false }],
])('a user whom others made again just as the file says %s', async (_, adoptPeople, expected) => {
  const grouping = open()
  const { identityStore } = grouping.world
  await grouping.put('policies/people.json', { contact: 'it', adoptPeople })
  if (adoptPeople.length > 0) await identityStore.createPerson(principalName.parse(ana), names)
  await grouping.put(file, names)
  await grouping.until(file, 'applied')
  await identityStore.deleteUser(grouping.id('USER', ana))
  const theirs = await identityStore.createPerson(principalName.parse(ana), names)
  await grouping.world.finish(grouping.world.everyHour())
  expect(await grouping.status(file)).toMatchObject({ ...expected, principalId: theirs })
  const isAdopted = adoptPeople.length > 0
  expect(await grouping.world.json(`owned_people/${ana}`)).toEqual(
    isAdopted ? expect.objectContaining({ id: theirs, isAdopted }) : undefined,
  )
})

test('somebody who was renamed and ends is suspended under the present name, and nobody else is', async () => {
  const grouping = await Grouping.begin(on)
  const { identityStore } = grouping.world
  const renamed = 'ana.lopez@acme.example'
  const membership = `memberships/oncall%${renamed}%ssofile`
  await grouping.put(file, names)
  await grouping.until(file, 'applied')
  await identityStore.updateUser(grouping.id('USER', ana), [{ path: 'userName', value: renamed }])
  await grouping.world.clock.advance(61_000)
  await grouping.put(membership)
  await grouping.until(membership, 'applied')
  await identityStore.createPerson(principalName.parse(ana), names)
  await grouping.delete(file)
  await minutesUntil(grouping, `suspended/${renamed}`, 'suspended')
  expect(grouping.groupsOf(renamed)).not.toContain('oncall')
  expect(await grouping.world.keys('suspended/')).toEqual([`suspended/${renamed}`])
  // The file comes back: so does the person.
  await grouping.put(file, names)
  await minutesUntil(grouping, membership, 'applied')
  expect(await grouping.world.keys('suspended/')).toEqual([])
})

test('a suspension of a renamed person who has ended is written again at once if somebody deletes it', async () => {
  const grouping = await Grouping.begin(on)
  const { world } = grouping
  const renamed = 'ana.lopez@acme.example'
  const suspension = `suspended/${renamed}`
  await grouping.put(file, names)
  await grouping.until(file, 'applied')
  await world.identityStore.updateUser(grouping.id('USER', ana), [{ path: 'userName', value: renamed }])
  await world.clock.advance(61_000)
  await grouping.delete(file)
  await minutesUntil(grouping, suspension, 'suspended')
  await grouping.delete(suspension)
  await world.until(async () => (await world.keys('suspended/')).length === 0, 'the deletion')
  await world.until(async () => (await world.keys('suspended/')).length === 1, 'the file', 60)
  expect(await world.keys('suspended/')).toEqual([suspension])
  await world.clock.advance(10_000)
  expect(await grouping.status(suspension)).toMatchObject({ principalId: grouping.id('USER', renamed) })
})

test('a file whose name differs from that of a user only in its capitals is rejected, and says so', async () => {
  const grouping = open()
  const other = 'people/Kenji.Ito@acme.example.json'
  await grouping.put(other, names)
  await minutesUntil(grouping, other, 'rejected')
  expect((await grouping.status(other))?.reason).toContain('capitals')
  await grouping.delete(other)
  await grouping.until(other, undefined)
  expect(grouping.id('USER', kenji)).toBeDefined()
})
