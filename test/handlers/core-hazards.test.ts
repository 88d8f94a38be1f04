import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { brakeFile } from '../../shared/reconcile/records/brake-file.ts'
import { arnOfReview, noteDeletion } from '../../shared/reconcile/records/deletion-notes.ts'
import { pauseChanges, pauseRecord } from '../../shared/reconcile/records/pause.ts'
import { type Interceptor, intercept } from '../intercept.ts'
import { Grouping, kenji } from '../shared/modules/people/grouping.ts'
import { GuardedPeople, linkOf } from '../shared/reconcile/assignments/guarded-people.ts'
import {
  granted,
  groupsOf,
  held as heldAccess,
  linksOf,
  openBraked,
  releaseAll,
  remove,
  settled,
} from '../shared/reconcile/brake/braked-world.ts'
import { minutes } from '../shared/reconcile/inputs/minutes.ts'
import { acme, World } from '../world.ts'

test('links that came back after a review count for their folder when somebody deletes them', async () => {
  const groups = groupsOf(6)
  const links = linksOf(groups)
  const world = await openBraked(groups, links, { own: { count: 1, percent: 0 } })
  for (const link of links.slice(0, 3)) {
    const head = await world.objects.head(link)
    if (head === undefined) throw new Error(link)
    await noteDeletion(world.objects, head, { arn: arnOfReview(`of ${link.length}`, 'tom') })
    await remove(world, [link])
    await world.clock.advance(20 * 60_000)
  }
  expect(granted(world)).toBe(3)
  for (const link of links.slice(0, 3)) await world.objects.put(link, '')
  await settled(world)
  expect(granted(world)).toBe(6)
  await world.clock.advance(60 * 60_000)
  await remove(world, links)
  expect([granted(world), (await heldAccess(world)).length]).toEqual([5, 5])
})

test('memberships that came back after a review count for their folder when somebody deletes them', async () => {
  const brake = {
    own: { count: 1, percent: 0, minutes: 15 },
    indirect: { count: 20, percent: 10, most: 200, hours: 24 },
    people: { count: 5, minutes: 15 },
  }
  const grouping = await Grouping.begin({ brake, directory: 'identity-center' })
  const { world } = grouping
  const people = [kenji, 'tom.baker@acme.example', 'lars.jensen@acme.example']
  const files = people.map((user) => `memberships/oncall%${user}%ssofile`)
  const count = () => people.filter((user) => grouping.groupsOf(user).includes('oncall')).length
  for (const file of files) await grouping.put(file)
  await minutes(grouping, 3)
  expect(count()).toBe(3)
  for (const file of files.slice(0, 2)) {
    const head = await world.objects.head(file)
    if (head === undefined) throw new Error(file)
    await noteDeletion(world.objects, head, { arn: arnOfReview('quarter', 'tom') })
    await grouping.delete(file)
    await minutes(grouping, 30)
  }
  expect(count()).toBe(1)
  for (const file of files.slice(0, 2)) await grouping.put(file)
  await minutes(grouping, 60)
  expect(count()).toBe(3)
  for (const file of files) await grouping.delete(file)
  await minutes(grouping, 3)
  expect(count()).toBe(2)
})

test('access that a person released goes also if AWS refuses the calls for some minutes', async () => {
  let answer: Interceptor = ({ proceed }) => proceed()
  const groups = groupsOf(4)
  const world = await openBraked(groups, linksOf(groups), {
    own: { count: 1, percent: 0 },
    wrap: (ports) => intercept(ports, (call) => answer(call)),
  })
  await remove(world, linksOf(groups))
  expect(granted(world)).toBe(3)
  answer = async ({ operation, proceed }) => {
    if (operation !== 'deleteAccountAssignment') return proceed()
    throw new ServiceError('sso-admin', 'ConflictException', 'There is a conflicting operation in process.')
  }
  await releaseAll(world)
  answer = ({ proceed }) => proceed()
  for (let minute = 0; minute < 12; minute++) {
    await world.clock.advance(60_000)
    await settled(world)
  }
  expect([granted(world), await heldAccess(world)]).toEqual([0, []])
})

const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const billing = 'arn:aws:iam::aws:policy/job-function/Billing'

/** Two permission sets of two policies. An uploader may take something from one of them. */
async function edit() {
  const ports: { answer: Interceptor } = { answer: ({ proceed }) => proceed() }
  const brake = {
    indirect: { count: 20, percent: 10, most: 200, hours: 24 },
    own: { count: 1, percent: 0, minutes: 15 },
    people: { count: 5, minutes: 15 },
  }
  const world = new World({
    organization: { ...acme(), assignments: [] },
    configuration: { brake },
    wrap: (inner) => intercept(inner, (call) => ports.answer(call)),
  }).start({ dispatcher: false })
  const upload = async (name: string, ...managedPoliciesArnList: readonly string[]) => {
    await world.objects.put(
      `permission_sets/${name}.json`,
      JSON.stringify({ permissionSetName: name, managedPoliciesArnList }),
    )
    await settled(world)
  }
  /** How many policies the second set has, and how many files are held. */
  const held = async () => [
    world.ssoAdmin.definitionNow(permissionSetName.parse('Set-ps'))?.managedPolicyArns.length,
    (await brakeFile(world.objects).read())?.value.contents.length,
  ]
  await world.finish(world.everyHour(), 1_000)
  for (const name of ['One-ps', 'Set-ps']) {
    await world.objects.put(`links_data/account%233000000002%${name}%team-Platform%GROUP%ssofile`, '')
    await upload(name, readOnly, billing)
    await settled(world)
  }
  await upload('One-ps', readOnly)
  await upload('Set-ps', readOnly)
  expect(await held()).toEqual([2, 1])
  await world.clock.advance(20 * 60_000)
  return { world, ports, held }
}

describe('an edit too many stays held', () => {
  test('although a pause began while ssofile looked at it', async () => {
    const { world, ports, held } = await edit()
    await world.finish(world.everyFiveMinutes())
    ports.answer = async ({ operation, proceed }) => {
      if (operation === 'describePermissionSet') await pauseChanges(world, { reason: 'a migration', by: 'me' })
      return proceed()
    }
    await settled(world)
    ports.answer = ({ proceed }) => proceed()
    expect(await world.objects.head(pauseRecord.at)).toBeDefined()
    await world.objects.delete(pauseRecord.at)
    for (let minute = 0; minute < 6; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinute())
      await settled(world)
    }
    expect(await held()).toEqual([2, 1])
  })

  test('if a sync uploads the same content again, with a KMS key', async () => {
    const { world, held } = await edit()
    const { objects } = world
    const key = 'permission_sets/Set-ps.json'
    const body = JSON.stringify({ permissionSetName: 'Set-ps', managedPoliciesArnList: [readOnly] })
    const caller = { accessKeyId: 'AWS', sourceIpAddress: '127.0.0.1' }
    objects.model.put(caller, key, new TextEncoder().encode(body), { etag: '"another"' })
    await settled(world)
    await settled(world)
    expect(await held()).toEqual([2, 1])
  })
})

test('whoever has access again counts for a minimum, so the access of others is not held', async () => {
  const people = new GuardedPeople()
  const [pay, approve] = [linkOf('Pay-ps', 'payers'), linkOf('Approve-ps', 'approvers')]
  await people.join('payers', 'ana')
  await people.join('approvers', 'ben')
  await people.upload(pay, approve)
  await people.govern({
    minimums: [
      {
        ...{ id: 'an-administrator', control: 'AC-6', mode: 'enforce' },
        ...{ for: { permissionSets: ['Pay*', 'Approve*'] }, must: { peopleLeast: 1 } },
      },
    ],
  })
  await people.remove(pay)
  expect(await people.assigned()).toEqual(['Approve-ps approvers'])
  await people.upload(pay)
  expect(await people.assigned()).toHaveLength(2)
  await people.world.clock.advance(5 * 60_000)
  await people.remove(approve)
  await people.sweep()
  expect(await people.assigned()).toEqual(['Pay-ps payers'])
})

test('what a file took away goes in all accounts, although Identity Center refuses the next file', async () => {
  const ports: { answer: Interceptor } = { answer: ({ proceed }) => proceed() }
  const world = new World({
    organization: { ...acme(), assignments: [] },
    wrap: (inner) => intercept(inner, (call) => ports.answer(call)),
  }).start({ dispatcher: false })
  const upload = async (...managedPoliciesArnList: readonly string[]) => {
    const body = JSON.stringify({
      permissionSetName: 'Set-ps',
      managedPoliciesArnList,
      customerManagedPoliciesList: [{ Name: 'ours' }],
    })
    await world.objects.put('permission_sets/Set-ps.json', body)
    await settled(world)
  }
  const live = async (count: number) => {
    for (let minute = 1; minute <= count; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinute())
      if (minute % 5 === 0) await world.finish(world.everyFiveMinutes())
      await settled(world)
    }
  }
  await world.finish(world.everyHour(), 1_000)
  const broken = accountId.parse('233000000002')
  for (const account of ['233000000001', broken])
    await world.objects.put(`links_data/account%${account}%Set-ps%team-Platform%GROUP%ssofile`, '')
  await upload(readOnly, billing)
  await live(2)
  const arn = world.ssoAdmin.permissionSetArnOf('Set-ps')
  if (arn === undefined) throw new Error('it is not there')
  expect([world.ssoAdmin.assignments().length, world.ssoAdmin.staleAccountsNow(arn)]).toEqual([2, []])
  world.ssoAdmin.removeCustomerManagedPolicy(broken, 'ours')
  await upload(readOnly)
  expect(world.ssoAdmin.staleAccountsNow(arn)).toEqual([broken])
  ports.answer = async ({ operation, proceed }) => {
    if (operation !== 'attachManagedPolicy') return proceed()
    throw new ServiceError('sso-admin', 'ValidationException', 'no such policy')
  }
  await upload(readOnly, 'arn:aws:iam::aws:policy/job-function/Supportuser')
  world.ssoAdmin.restoreCustomerManagedPolicy(broken, 'ours')
  await live(40)
  expect((await world.json('status/permission_sets/Set-ps.json.json'))?.state).toBe('failed')
  expect(world.ssoAdmin.staleAccountsNow(arn)).toEqual([])
}, 20_000)

test.each([
  ['is not valid', '{'],
  ['is gone', undefined],
])('what Identity Center refused half-way takes nothing from accounts if the next file %s', async (_, next) => {
  const ports: { answer: Interceptor } = { answer: ({ proceed }) => proceed() }
  const world = new World({
    organization: { ...acme(), assignments: [] },
    wrap: (inner) => intercept(inner, (call) => ports.answer(call)),
  }).start({ dispatcher: false })
  const [key, account] = ['permission_sets/Set-ps.json', accountId.parse('233000000002')]
  const upload = async (said: object) => {
    await world.objects.put(key, JSON.stringify({ permissionSetName: 'Set-ps', ...said }))
    await settled(world)
  }
  await world.finish(world.everyHour(), 1_000)
  await world.objects.put(`links_data/account%${account}%Set-ps%team-Platform%GROUP%ssofile`, '')
  const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]
  await upload({ inlinePolicyDocument: { Version: '2012-10-17', Statement } })
  await settled(world)
  const arn = world.ssoAdmin.permissionSetArnOf('Set-ps')
  if (arn === undefined) throw new Error('it is not there')
  expect(world.ssoAdmin.provisionedInlinePolicy(account, arn)).toContain('s3:*')
  ports.answer = async ({ operation, proceed }) => {
    if (operation !== 'attachManagedPolicy') return proceed()
    throw new ServiceError('sso-admin', 'ValidationException', 'no such policy')
  }
  await upload({ managedPoliciesArnList: ['arn:aws:iam::aws:policy/job-function/Supportuser'] })
  expect((await world.json(`status/${key}.json`))?.state).toBe('failed')
  if (next === undefined) await world.objects.delete(key)
  else await world.objects.put(key, next)
  for (let minute = 1; minute <= 10; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinute())
    if (minute % 5 === 0) await world.finish(world.everyFiveMinutes())
    await settled(world)
  }
  expect(world.ssoAdmin.provisionedInlinePolicy(account, arn)).toContain('s3:*')
})
