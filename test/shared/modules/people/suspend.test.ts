import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import type { InputMessage } from '../../../../shared/domain/links/input-message.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import {
  type PrincipalId,
  permissionSetArn,
  principalId,
} from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { endWhileSuspended } from '../../../../shared/domain/sessions/ended-sessions.ts'
import { explainAccess } from '../../../../shared/modules/access/explain-access.ts'
import { whoHasAccess } from '../../../../shared/modules/access/who-has-access.ts'
import { openInputs } from '../../../../shared/modules/input-context.ts'
import { controllerOf } from '../../../../shared/modules/modules.ts'
import { lookAtSuspended } from '../../../../shared/modules/people/follow-directory.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import type { OutgoingMessage } from '../../../../shared/ports/queues.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { readEndedSessions } from '../../../../shared/reconcile/records/ended-sessions.ts'
import { writeCopies } from '../../../../shared/reconcile/records/entry-copies.ts'
import { writeForeign } from '../../../../shared/reconcile/records/foreign-assignments.ts'
import { PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { allAccounts } from '../../../../shared/reconcile/records/ranges.ts'
import { inputOf, renderHandCall } from '../../../call-by-hand.ts'
import { Asking, account } from '../../../handlers/asking.ts'
import { dyingPorts, type InterceptedCall } from '../../../intercept.ts'
import { readAnswer } from '../../../read-answer.ts'

const link = `links_data/account%${account}%Admin-ps%maria%USER%ssofile`
const suspension = 'suspended/maria'

async function granted(said: object = {}): Promise<Asking> {
  const asking = await Asking.begin(said)
  await asking.world.objects.put(link, '{}')
  await asking.world.until(() => asking.has(), 'the access')
  await asking.world.until(async () => (await asking.status(link))?.state === 'applied', 'the status')
  return asking
}

const json = (asking: Asking, key: string) => asking.world.json(key)

const stateOf = async (asking: Asking, key = suspension) => (await asking.status(key))?.state

test('a file that names a user takes what links gave within a minute, and says so; its link waits', async () => {
  const asking = await granted()
  const { world } = asking
  const beganMs = world.clock.monotonicMs()
  await world.objects.put(suspension, '')
  await world.until(() => !asking.has(), 'the revocation')
  expect(world.clock.monotonicMs() - beganMs).toBeLessThan(60_000)
  await world.clock.advance(90_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status of the file')
  expect(await asking.status(link)).toMatchObject({
    state: 'waiting',
    reason: expect.stringContaining('is suspended by suspended/maria'),
  })
})

test('nothing is given while the file lies there, and what links ask for when it is gone', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  await world.objects.put(suspension, JSON.stringify({ reason: 'left', ticket: 'HR-1' }))
  await world.objects.put(link, '{}')
  await world.until(async () => (await stateOf(asking, link)) === 'waiting', 'the status of the link')
  expect(world.calls).not.toContain('CreateAccountAssignment')
  await world.objects.delete(suspension)
  await world.until(() => asking.has(), 'the access')
  await world.until(async () => (await asking.status(suspension)) === undefined, 'the end of the status')
})

test('the status of a link says so too if others had given its access before', async () => {
  const asking = await granted()
  const { world } = asking
  const [target] = world.ssoAdmin.assignments()
  if (target === undefined) throw new Error('there is no access')
  await world.objects.delete(link)
  await world.until(() => !asking.has(), 'the revocation')
  await world.clock.advance(6 * 60_000)
  world.ssoAdmin.addAssignment(target)
  await world.objects.put(link, '{}')
  await world.until(async () => (await stateOf(asking, link)) === 'applied', 'the status of the link')
  await world.objects.put(suspension, '')
  await world.until(async () => (await stateOf(asking)) === 'partly', 'the status of the file')
  await world.until(async () => (await stateOf(asking, link)) === 'waiting', 'the status of the link')
  expect(asking.has()).toBe(true)
})

test('a suspension goes on within minutes after the directory did not answer for hours', async () => {
  const asking = await granted()
  const { world } = asking
  await asking.join('maria', 'security')
  await world.objects.put(`links_data/account%${account}%Admin-ps%security%GROUP%ssofile`, '')
  await world.clock.advance(60_000)
  await world.objects.put(suspension, '')
  await world.until(async () => (await stateOf(asking)) === 'revoking', 'the revocation')
  asking.answer = async ({ port, proceed }) => {
    if (port === 'identityStore') throw new ServiceError('identitystore', 'InternalServerException', 'try again')
    return proceed()
  }
  for (let minute = 0; minute < 120; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinute()).catch(() => undefined)
  }
  asking.answer = ({ proceed }) => proceed()
  for (let minute = 0; minute < 10; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinute())
  }
  expect(await stateOf(asking)).toBe('partly')
})

describe('while the access of a suspended person is not gone', () => {
  /** With the looks of each minute. */
  async function wait({ world }: Asking, minutes = 10): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinuteOfLinks())
    }
  }

  test('SQS keeps one hint of each five minutes, not one of each look', async () => {
    const asking = await granted()
    const { world } = asking
    const ids: unknown[] = []
    asking.answer = async ({ port, operation, args: [name, messages], proceed }) => {
      if (port !== 'queues' || operation !== 'send' || name !== 'work-urgent') return proceed()
      ids.push(...(messages as readonly OutgoingMessage[]).map(({ deduplicationId }) => deduplicationId))
      return undefined
    }
    await world.objects.put(suspension, '')
    await wait(asking)
    expect(ids.length).toBeGreaterThan(8)
    // One of the first look, and one of each five minutes that have begun.
    expect(new Set(ids).size).toBeLessThanOrEqual(4)
    expect(new Set(ids).size).toBeGreaterThan(2)
  })

  test('a lost hint is sent again within five minutes', async () => {
    const asking = await granted()
    const { world } = asking
    let lost = 0
    asking.answer = async ({ port, operation, args: [name], proceed }) => {
      if (port !== 'queues' || operation !== 'send' || name !== 'work-urgent' || lost > 0) return proceed()
      lost++
      return undefined
    }
    await world.objects.put(suspension, '')
    await wait(asking, 5)
    expect(lost).toBe(1)
    expect(asking.has()).toBe(false)
  })

  test('a file that is uploaded again takes what came back meanwhile, as soon as the first one', async () => {
    const asking = await granted()
    const { world } = asking
    for (let times = 0; times < 3; times++) {
      const beganMs = world.clock.monotonicMs()
      await world.objects.put(suspension, '')
      await world.until(() => !asking.has(), 'the revocation')
      expect(world.clock.monotonicMs() - beganMs).toBeLessThan(60_000)
      await world.objects.delete(suspension)
      await world.until(() => asking.has(), 'the access')
    }
  })
})

test('access that a look at the suspension missed goes within the next hour, although nobody hears of it', async () => {
  const asking = await granted()
  const { world } = asking
  const key = `assignments/${world.keyOf(link.slice('links_data/'.length))}`
  const records = [key, `status/${link}.json`]
  const granting = await Promise.all(records.map((one) => json(asking, one)))
  const [target] = world.ssoAdmin.assignments()
  if (target === undefined) throw new Error('there is no access')
  const before = await world.keys('history/')
  await world.objects.put(suspension, '')
  await world.until(() => !asking.has(), 'the revocation')
  await world.clock.advance(90_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status of the file')
  await world.ssoAdmin.createAccountAssignment(target)
  for (const [nth, one] of records.entries()) await world.objects.put(one, JSON.stringify(granting[nth]))
  for (const one of await world.keys('history/')) if (!before.includes(one)) await world.objects.delete(one)
  // By then a sweep has seen the entry, and it is not new any more.
  await world.clock.advance(60 * 60_000)
  await world.finish(world.everyFiveMinutes())
  await world.clock.advance(60 * 60_000)
  expect(asking.has()).toBe(true)
  await world.finish(world.everyHour())
  await world.until(() => !asking.has(), 'the revocation')
  await world.until(async () => (await world.keys('assignments/')).length === 0, 'the end of the entry')
})

test('who was renamed stays suspended by the file of the former name', async () => {
  const asking = await granted()
  const { world } = asking
  const id = asking.id('maria')
  await world.objects.put(suspension, '')
  await world.until(() => !asking.has(), 'the revocation')
  await world.identityStore.updateUser(id, [{ path: 'userName', value: 'maria.new' }])
  await world.objects.put(link.replace('maria', 'maria.new'), '{}')
  await world.finish(world.everyHour())
  await world.clock.advance(120_000)
  expect(world.ssoAdmin.assignments().filter(({ principalId }) => principalId === id)).toEqual([])
})

test('the file suspends whatever it says, and its status says what is wrong with it', async () => {
  const asking = await granted()
  await asking.world.objects.put(suspension, '{ "until": "tomorrow" }')
  await asking.world.until(() => !asking.has(), 'the revocation')
  expect(await asking.status(suspension)).toMatchObject({ warnings: [expect.stringContaining('until')] })
})

test('whom a policy keeps from being suspended keeps everything, and the file is rejected', async () => {
  const asking = await granted()
  const { world } = asking
  await world.objects.put('policies/x.json', JSON.stringify({ contact: 'security', neverSuspend: ['mar*'] }))
  await world.clock.advance(10_000)
  await world.objects.put(suspension, '')
  await world.until(async () => (await stateOf(asking)) === 'rejected', 'the status')
  await world.clock.advance(60_000)
  expect(asking.has()).toBe(true)
})

test('who is suspended has everything back within an hour once a policy names them, and the file is rejected', async () => {
  const asking = await granted()
  const { world } = asking
  await world.objects.put(suspension, '')
  await world.until(() => !asking.has(), 'the revocation')
  await world.clock.advance(90_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status of the file')
  await world.objects.put('policies/x.json', JSON.stringify({ contact: 'security', neverSuspend: ['mar*'] }))
  await world.clock.advance(60 * 60_000)
  await world.finish(world.everyMinute())
  await world.until(async () => (await stateOf(asking)) === 'rejected', 'the rejection')
  await world.until(() => asking.has(), 'the access')
  expect(await asking.world.keys('state/suspended/')).toEqual([])
})

test('sessions of who is suspended are denied, and what was asked for is withdrawn for good', async () => {
  const asking = await granted()
  const { world } = asking
  await asking.ask()
  expect(await stateOf(asking, asking.key())).toBe('waiting')
  await world.objects.put(suspension, '')
  await world.until(() => !asking.has(), 'the revocation')
  const { ended } = (await world.json('control/ended-sessions.json')) as { ended: readonly object[] }
  expect(ended).toMatchObject([{ name: 'maria', permissionSet: 'Admin-ps', account, by: suspension }])
  await world.clock.advance(30_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status')
  await world.until(async () => (await stateOf(asking, asking.key())) === 'expired', 'the request')
  await world.objects.delete(suspension)
  await world.until(() => asking.has(), 'the access')
  expect(await stateOf(asking, asking.key())).toBe('expired')
})

test('sessions of access that a renaming of the user ended are denied with the suspension under the new name', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  const owned = link.replace('Admin-ps', 'Owned-ps')
  await world.objects.put('permission_sets/Owned-ps.json', '{ "permissionSetName": "Owned-ps" }')
  await world.objects.put(owned, '{}')
  await world.until(async () => (await stateOf(asking, owned)) === 'applied', 'the access')
  await world.identityStore.updateUser(asking.id('maria'), [{ path: 'userName', value: 'maria.new' }])
  await world.finish(world.everyHour())
  await world.until(async () => (await world.keys('assignments/')).length === 0, 'the revocation')
  await world.objects.put('suspended/maria.new', '')
  await world.until(async () => (await stateOf(asking, 'suspended/maria.new')) === 'suspended', 'the status')
  const { ended } = await readEndedSessions(world.objects)
  expect(ended).toMatchObject([{ name: 'maria.new', permissionSet: 'Owned-ps', by: 'suspended/maria.new' }])
})

test('a suspension and its end look only at requests that are not over, however many files the person has', async () => {
  const asking = await granted({ approvals: 1 })
  const { world } = asking
  await asking.ask()
  const looked: string[] = []
  asking.answer = async ({ port, operation, args: [queue, messages], proceed }) => {
    if (port !== 'queues' || operation !== 'send' || queue !== 'requests') return proceed()
    const sent = (messages as readonly OutgoingMessage[]).map(({ body }) => JSON.parse(body) as InputMessage)
    looked.push(...sent.flatMap(({ key, event }) => (event.startsWith('ObjectCreated') ? [] : [key])))
    // Nobody has looked at these files yet.
    return sent.some(({ key }) => key.includes('/many-')) ? undefined : proceed()
  }
  for (let file = 0; file < 30; file++) await world.objects.put(`requests/${asking.id('maria')}/many-${file}`, '')
  await world.clock.advance(3_000)
  await world.objects.put(suspension, '')
  await world.until(() => !asking.has(), 'the revocation')
  await world.clock.advance(30_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking, asking.key())) === 'expired', 'the withdrawal')
  await world.objects.delete(suspension)
  await world.until(() => asking.has(), 'the access')
  expect(new Set(looked)).toEqual(new Set([asking.key()]))
})

test('an approval that was refused while its author was suspended counts when the author is back', async () => {
  const asking = await Asking.begin({ approvals: 1 })
  const { world } = asking
  await world.objects.put('suspended/tom', '')
  await world.until(async () => (await stateOf(asking, 'suspended/tom')) === 'suspended', 'the status')
  await asking.ask()
  await asking.decide('tom')
  expect(await asking.approved('tom')).toBe('rejected')
  await world.objects.delete('suspended/tom')
  await world.until(() => asking.has(), 'the access')
})

test('an approval of somebody who is suspended does not count', async () => {
  const asking = await Asking.begin({ approvals: 1 })
  const { world } = asking
  await world.objects.put('suspended/tom', '')
  await world.until(async () => (await stateOf(asking, 'suspended/tom')) === 'suspended', 'the status')
  await asking.ask()
  await asking.decide('tom')
  await world.clock.advance(60_000)
  expect(asking.has()).toBe(false)
  expect(await asking.approved('tom')).toBe('rejected')
})

test('what could not be withdrawn at once is withdrawn at the next delivery, before it is told that all is done', async () => {
  const asking = await Asking.begin({ approvals: 1 })
  const { world } = asking
  await asking.ask()
  let isRefused = false
  asking.answer = async ({ port, operation, args, proceed }) => {
    const isOfUser = port === 'queues' && operation === 'send' && JSON.stringify(args).includes('its user is suspended')
    if (!isOfUser || isRefused) return proceed()
    isRefused = true
    throw new Error('the queue does not answer')
  }
  await world.objects.put(suspension, '')
  await world.until(() => isRefused, 'the refusal')
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status')
  await world.until(async () => (await asking.events()).includes('withdrawn'), 'the withdrawal')
})

test('a group that others made leaves somebody partly suspended, with what a person does about it', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  const ofGroup = `links_data/account%${account}%Owned-ps%developers%GROUP%ssofile`
  await world.objects.put('permission_sets/Owned-ps.json', '{ "permissionSetName": "Owned-ps" }')
  await world.objects.put(ofGroup, '{}')
  await world.until(async () => (await stateOf(asking, ofGroup)) === 'applied', 'the access of the group')
  await world.objects.put(suspension, '')
  await world.until(async () => (await stateOf(asking)) === 'partly', 'the status')
  expect(await asking.status(suspension)).toMatchObject({
    reason: expect.stringContaining("access through the provider's groups (developers)"),
    remedy: expect.stringContaining('delete-group-membership'),
  })
  expect(await world.keys('attention/partly/')).toEqual([`attention/partly/${suspension}`])
  // Every session is denied while the file lies there, whenever it begins, and nobody else's is.
  const arn = ((await json(asking, 'owned_permission_sets/Owned-ps')) as { arn: string }).arn
  const policy = async () => (await world.ssoAdmin.getInlinePolicy(permissionSetArn.parse(arn))) ?? ''
  await world.clock.advance(120_000)
  await world.finish(world.everyMinute())
  await world.until(async () => (await policy()).includes(asking.id('maria')), 'the denial', 5)
  expect(JSON.parse(await policy()).Statement).toContainEqual(
    expect.objectContaining({
      Effect: 'Deny',
      Condition: {
        StringEquals: { 'identitystore:UserId': [asking.id('maria')] },
        DateLessThan: { 'aws:TokenIssueTime': '9999-01-01T00:00:00Z' },
      },
    }),
  )
  // The report says by which link, and since when.
  const since = ((await json(asking, `assignments/${ofGroup.slice('links_data/'.length)}`)) as { grantedAt: string })
    .grantedAt
  expect(await json(asking, 'reports/leavers/2026-03-03/maria.json')).toMatchObject({
    access: [{ group: 'developers', since, links: [ofGroup] }],
  })
  await world.objects.delete(suspension)
  await world.until(async () => (await stateOf(asking)) === undefined, 'the end of the status')
  await world.clock.advance(120_000)
  await world.finish(world.everyMinute())
  await world.until(async () => !(await policy()).includes('9999-01-01'), 'the end of the denial', 5)
  // A second suspension on the same day leaves the first one's report as it is.
  const first = await json(asking, 'reports/leavers/2026-03-03/maria.json')
  await world.objects.put(suspension, '')
  await world.until(async () => (await stateOf(asking)) === 'partly', 'the status')
  expect(await json(asking, 'reports/leavers/2026-03-03/maria.json')).toEqual(first)
  expect(await world.keys('reports/leavers/2026-03-03/')).toHaveLength(2)
})

test('an entry that denies every session of somebody who is not suspended counts for nothing', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  const id = asking.id('maria')
  const entry = endWhileSuspended({
    user: principalId.parse(id),
    name: 'maria',
    permissionSet: permissionSetName.parse('Admin-ps'),
    by: 'suspended/maria',
  })
  await world.objects.put('control/ended-sessions.json', JSON.stringify({ v: 1, ended: [entry] }))
  expect(await readEndedSessions(world.objects)).toMatchObject({ ended: [], over: [{ user: id }], spoiled: [] })
})

test('the sixth person whom one uploader suspends within a quarter of an hour is held', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  const people = Array.from({ length: 6 }, (_, index) => `person-${index}`)
  for (const one of people) await world.objects.put(link.replace('maria', one), '{}')
  await world.until(() => people.every((one) => asking.has(one)), 'the access')
  const first: string[] = []
  asking.answer = async ({ port, operation, args: [name, messages], proceed }) => {
    if (port === 'queues' && operation === 'send' && name === 'work-urgent')
      first.push(...(messages as readonly OutgoingMessage[]).map(({ body }) => body))
    return proceed()
  }
  for (const one of people) await world.objects.put(`suspended/${one}`, '')
  await world.clock.advance(60_000)
  const kept = people.filter((one) => asking.has(one))
  expect(kept).toHaveLength(1)
  // What is held goes before nothing.
  expect(first.length).toBeGreaterThanOrEqual(5)
  expect(first.filter((body) => body.includes(asking.id(kept[0] ?? '')))).toEqual([])
  const { lists } = (await world.json('control/brake.json')) as { lists: readonly object[] }
  expect(lists).toMatchObject([{ rule: 'people', limit: 5, passed: 5 }])
})

test('who says why a suspended person still has access of ssofile, and says of others only what others gave', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  const { ports, configuration } = world
  const tell = async () => {
    const asked = whoHasAccess({ user: 'maria', isLive: true }, ports, configuration)
    const { rows, notes } = await world.finish(readAnswer(asked))
    return [rows.map(({ origin }) => origin), notes]
  }
  await world.objects.put(link, '{}')
  await world.until(() => asking.has(), 'the access')
  await suspendSix(asking)
  expect(await tell()).toEqual([
    ['ssofile'],
    [
      expect.stringMatching(
        /^'maria' is suspended by suspended\/maria: held by the brake: .* keeps 1 access that ssofile gave/,
      ),
    ],
  ])
  expect(
    await world.finish(readAnswer(whoHasAccess({ user: 'person-1', isLive: true }, ports, configuration))),
  ).toMatchObject({
    notes: [expect.stringContaining('Access that is still listed comes from others')],
  })
})

/** The sixth of six people, none of whom has access of ours. */
async function suspendSix(asking: Asking, before = async () => {}): Promise<void> {
  const { world } = asking
  const five = Array.from({ length: 5 }, (_, index) => `person-${index}`)
  for (const one of five) await world.objects.put(`suspended/${one}`, '')
  for (const one of five)
    await world.until(async () => (await stateOf(asking, `suspended/${one}`)) === 'suspended', `the end of ${one}`)
  await before()
  await world.objects.put(suspension, '')
  await world.until(async () => (await stateOf(asking)) === 'held', 'the hold')
}

test('a person without access of ours counts as one, and what the sixth asks for is not withdrawn before a release', async () => {
  const asking = await Asking.begin({ approvals: 1 })
  const { world } = asking
  await suspendSix(asking, () => asking.ask())
  await world.finish(world.everyFiveMinutes())
  await world.clock.advance(120_000)
  expect(await asking.events()).not.toContain('withdrawn')
  expect(await json(asking, 'control/ended-sessions.json')).toBeUndefined()
  const [list] = (await brakeFile(world.objects).read())?.value.lists ?? []
  expect(list).toMatchObject({ rule: 'people', limit: 5, passed: 5, items: [asking.id('maria')], held: [] })
  expect(await releaseList(world.objects, list ? digestOf(list) : '', 'me')).toMatchObject({ outcome: 'released' })
  await world.clock.advance(70_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status')
  await world.until(async () => (await asking.events()).includes('withdrawn'), 'the withdrawal')
})

test('who was held and is suspended no longer leaves the list of the brake, which is gone then', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  await suspendSix(asking)
  await world.objects.delete(suspension)
  await world.until(async () => (await stateOf(asking)) === undefined, 'the end of the status')
  expect((await brakeFile(world.objects).read())?.value.lists).toEqual([])
})

test('a file whose message was lost suspends by the next sweep, within five minutes, and so does one that is deleted', async () => {
  const asking = await granted()
  const { world } = asking
  let lost = 0
  asking.answer = async ({ port, operation, args, proceed }) => {
    const isLost = port === 'queues' && operation === 'send' && args[0] === 'urgent' && lost < 2
    if (!isLost) return proceed()
    lost += 1
    return undefined
  }
  await world.objects.put(suspension, '')
  await world.until(() => lost === 1, 'the loss')
  await world.clock.advance(30_000)
  expect(asking.has()).toBe(true)
  lost = 2
  await world.finish(world.everyFiveMinutes())
  await world.until(() => !asking.has(), 'the revocation', 1)
  await world.clock.advance(30_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status')
  lost = 1
  await world.objects.delete(suspension)
  await world.until(() => lost === 2, 'the loss')
  await world.finish(world.everyFiveMinutes())
  await world.until(() => asking.has(), 'the access', 1)
})

test('the last person whom a policy wants to keep a permission set is held, and loses it once another one has it', async () => {
  const asking = await granted()
  const { world } = asking
  const minimum = {
    ...{ id: 'an-administrator', control: 'AC-6', mode: 'enforce' },
    ...{ for: { permissionSets: ['Admin-ps'] }, must: { peopleLeast: 1 } },
  }
  await world.objects.put('policies/x.json', JSON.stringify({ contact: 'security', minimums: [minimum] }))
  await world.clock.advance(10_000)
  await world.objects.put(suspension, '')
  await world.clock.advance(30_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'held', 'the hold')
  expect(asking.has()).toBe(true)
  await world.objects.put(link.replace('maria', 'tom'), '{}')
  await world.until(() => asking.has('tom'), 'the access of another one')
  await world.finish(world.everyFiveMinutes())
  await world.until(() => !asking.has(), 'the revocation')
  expect(asking.has('tom')).toBe(true)
})

test('history and changes tell of it once, and the report what the person had, since when, and when it ended', async () => {
  const asking = await granted()
  const { world } = asking
  const since = (await json(asking, `assignments/${link.slice('links_data/'.length)}`))?.grantedAt
  await world.objects.put(suspension, JSON.stringify({ reason: 'left', ticket: 'HR-1' }))
  await world.until(() => !asking.has(), 'the revocation')
  await world.clock.advance(30_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status')
  const report = 'reports/leavers/2026-03-03/maria.json'
  expect(await json(asking, report)).toMatchObject({
    ...{ user: asking.id('maria'), name: 'maria', reason: 'left', ticket: 'HR-1' },
    access: [{ account, permissionSet: 'Admin-ps', givenBy: 'ssofile', since, links: [link] }],
  })
  const { access } = (await json(asking, report)) as { access: readonly { endedAt?: string }[] }
  expect(Date.parse(access[0]?.endedAt ?? '')).toBeLessThanOrEqual(world.clock.now().getTime())
  await world.objects.delete(suspension)
  await world.until(async () => (await stateOf(asking)) === undefined, 'the end of the status')
  expect(await json(asking, report)).toMatchObject({ restoredAt: expect.any(String) })
  const told = (await world.keys('changes/')).flatMap((key) => /%(person-[a-z]+%.*)$/.exec(key)?.[1] ?? [])
  expect(told).toEqual(['person-suspended%maria', 'person-restored%maria'])
  const events = (await world.keys(`history/suspensions/${asking.id('maria')}/`)).map((key) => key.split('%')[1])
  expect(events).toEqual(['suspended.json', 'restored.json'])
})

test('the report of a person who is back has its end, whenever the process that restores the person dies', async () => {
  for (let atCall = 0; ; atCall++) {
    const asking = await granted()
    const { world } = asking
    await world.objects.put(suspension, '')
    await world.until(() => !asking.has(), 'the revocation')
    await world.until(async () => (await json(asking, 'reports/leavers/2026-03-03/maria.json')) !== undefined, 'report')
    await world.clock.advance(5_000)
    const isRestored = ({ port, args: [key] }: InterceptedCall) =>
      port === 'objects' && /^(history|changes|reports|state.suspended|control)/.test(String(key))
    const calls: string[] = []
    const counted = (call: InterceptedCall) => isRestored(call) && calls.push(call.operation) > atCall
    const { ports, isDead } = dyingPorts(world.ports, { at: counted, when: 'before' })
    asking.answer = async (call) => (call.port === 'queues' && call.args[0] === 'urgent' ? undefined : call.proceed())
    await world.objects.delete(suspension)
    const message = { v: 1, key: suspension, id: 'dying', event: 'ObjectRemoved:Delete' } as const
    void controllerOf(suspension)(message, { ...openInputs(ports, world.configuration), sentMs: undefined })
    await world.clock.advance(10_000)
    asking.answer = ({ proceed }) => proceed()
    await controllerOf(suspension)(message, { ...openInputs(world.ports, world.configuration), sentMs: undefined })
    expect(await json(asking, 'reports/leavers/2026-03-03/maria.json')).toMatchObject({
      restoredAt: expect.any(String),
    })
    if (!isDead()) break
  }
})

test('a plan tells what a file takes away, that its link waits, and nothing else, and who and explain tell of it', async () => {
  const asking = await granted()
  const { world } = asking
  // Nobody has looked at it yet.
  asking.answer = async ({ port, operation, args, proceed }) =>
    port === 'queues' && operation === 'send' && args[0] === 'urgent' ? undefined : proceed()
  await world.objects.put(suspension, '')
  const { ports, configuration } = world
  const plan = await world.finish(previewChanges(ports, configuration, { looksMost: 0 }))
  expect(plan.revocations).toMatchObject([
    { assignment: { principal: 'maria', accountId: account }, links: [{ key: link, fate: 'suspended' }] },
  ])
  expect(plan.grants).toEqual([])
  const question = { user: 'maria', isLive: false }
  const { rows } = await world.finish(readAnswer(whoHasAccess(question, ports, configuration)))
  expect(rows).toMatchObject([{ person: 'maria', remark: 'the user is suspended' }])
  const asked = { account: accountId.parse(account), permissionSet: permissionSetName.parse('Admin-ps') }
  const answer = await world.finish(
    explainAccess({ ...asked, principal: principalName.parse('maria') }, ports, configuration),
  )
  expect(answer.direct[0]?.remarks).toEqual([expect.stringContaining('is suspended by suspended/maria')])
})

describe('the report of a person whom ssofile takes out of a group', () => {
  const membership = 'memberships/oncall%maria%ssofile'
  const ofGroup = `links_data/account%${account}%Owned-ps%oncall%GROUP%ssofile`
  const report = 'reports/leavers/2026-03-03/maria.json'

  async function member() {
    const asking = await Asking.begin()
    const { world } = asking
    await world.objects.put('permission_sets/Owned-ps.json', '{ "permissionSetName": "Owned-ps" }')
    await world.objects.put('groups/oncall.json', '{}')
    await world.until(async () => (await stateOf(asking, 'groups/oncall.json')) === 'applied', 'the group')
    for (const one of [membership, ofGroup]) await world.objects.put(one, '')
    for (const one of [membership, ofGroup])
      await world.until(async () => (await stateOf(asking, one)) === 'applied', one)
    const entry = `assignments/${world.keyOf(ofGroup.slice('links_data/'.length))}`
    const group = world.identityStore.idOf('GROUP', 'oncall')
    if (group === undefined) throw new Error('there is no group')
    const isMember = async () =>
      (await world.identityStore.getGroupMembershipId(group, principalId.parse(asking.id('maria')))) !== undefined
    return { asking, world, entry, isMember, since: (await json(asking, entry))?.grantedAt }
  }
  const isOfReport = ({ operation, args: [key] }: InterceptedCall) => operation === 'put' && key === report
  const failed = () => new ServiceError('s3', 'InternalError', 'try again')

  test.each(['its later writings', 'the readings of entries'] as const)(
    'has the access of the group with its details although %s fail for a minute, and the membership ends',
    async (what) => {
      const { asking, world, entry, isMember, since } = await member()
      const untilMs = world.clock.monotonicMs() + 60_000
      let puts = 0
      asking.answer = async (call) => {
        if (world.clock.monotonicMs() >= untilMs) return call.proceed()
        const isFailing = what === 'its later writings' ? isOfReport(call) && puts++ > 0 : call.args[0] === entry
        if (isFailing) throw failed()
        return call.proceed()
      }
      await world.objects.put(suspension, '')
      await world.until(async () => !(await isMember()), 'the end of the membership')
      expect(await json(asking, report)).toMatchObject({ access: [{ group: 'oncall', links: [] }] })
      expect(world.clock.monotonicMs()).toBeLessThan(untilMs)
      const access = async () => (await json(asking, report))?.access
      await world.until(async () => JSON.stringify(await access()).includes('endedAt'), 'the end in the report', 1_200)
      expect(await access()).toMatchObject([{ group: 'oncall', since, links: [ofGroup], endedAt: expect.any(String) }])
    },
  )

  test('has details from history if the group loses the access before ssofile can complete it', async () => {
    const { asking, world, isMember, since } = await member()
    let puts = 0
    asking.answer = async (call) => {
      if (isOfReport(call) && puts++ > 0) throw failed()
      return call.proceed()
    }
    await world.objects.put(suspension, '')
    await world.until(async () => !(await isMember()), 'the end of the membership')
    await world.objects.delete(ofGroup)
    await world.until(async () => (await world.keys('assignments/')).length === 0, 'the end of the access')
    asking.answer = ({ proceed }) => proceed()
    const access = async () => (await json(asking, report))?.access
    await world.until(async () => JSON.stringify(await access()).includes('endedAt'), 'the end in the report', 1_200)
    expect(await access()).toMatchObject([{ group: 'oncall', since, links: [ofGroup], endedAt: expect.any(String) }])
  })

  test('exists before the first message takes anything away', async () => {
    const { asking, world } = await member()
    const order: string[] = []
    asking.answer = async (call) => {
      const { port, operation, args } = call
      if (isOfReport(call)) order.push('report')
      if (port === 'queues' && operation === 'send' && JSON.stringify(args).includes('its user is suspended'))
        order.push('message')
      return call.proceed()
    }
    await world.objects.put(suspension, '')
    await world.until(() => order.length > 1, 'the message')
    expect(order.slice(0, 2)).toEqual(['report', 'message'])
  })
})

describe('what an uploader’s deletions hold', () => {
  const people = Array.from({ length: 25 }, (_, index) => `person-${index}`)
  const linkOf = (user: string) => link.replace('maria', user)

  async function held(): Promise<{ readonly asking: Asking; readonly kept: readonly string[] }> {
    const asking = await Asking.begin()
    const { world } = asking
    for (const one of people) await world.objects.put(linkOf(one), '{}')
    await world.until(() => people.every((one) => asking.has(one)), 'the access')
    for (const one of people) await world.objects.delete(linkOf(one))
    await world.until(async () => ((await brakeFile(world.objects).read())?.value.lists ?? []).length > 0, 'the hold')
    await world.clock.advance(60_000)
    const kept = people.filter((one) => asking.has(one))
    expect(kept.length).toBeGreaterThan(3)
    return { asking, kept }
  }

  test.each(['disabled', 'deleted', 'suspended'] as const)(
    'goes within seconds where its user is %s, and the rest stays held',
    async (how) => {
      const { asking, kept } = await held()
      const { world } = asking
      const [first = '', ...others] = kept
      const id = asking.id(first)
      if (how === 'suspended') await world.objects.put(`suspended/${first}`, '')
      else if (how === 'disabled') world.identityStore.setUserStatus(principalId.parse(id), 'DISABLED')
      else await world.identityStore.deleteUser(id)
      // Nobody remembers how it was; the directory tells of it.
      await world.clock.advance(61_000)
      const detail = { 'user-id': id }
      const body = JSON.stringify({
        'detail-type': `User ${how === 'deleted' ? 'Deleted' : 'Updated'}`,
        source: 'aws.identitystore',
        detail,
      })
      await world.ports.queues.send('events', [{ body }])
      const beganMs = world.clock.monotonicMs()
      await world.until(() => !world.ssoAdmin.assignments().some(({ principalId }) => principalId === id), 'the end', 2)
      expect(world.clock.monotonicMs() - beganMs).toBeLessThan(30_000)
      await world.clock.advance(60_000)
      expect(others.every((one) => asking.has(one))).toBe(true)
      const lists = (await brakeFile(world.objects).read())?.value.lists ?? []
      expect(lists.flatMap((list) => [...list.held]).some((key) => key.includes(id))).toBe(false)
    },
  )
})

describe('of a person who keeps access through a provider’s group while the file lies there', () => {
  const ofGroup = `links_data/account%${account}%Owned-ps%developers%GROUP%ssofile`
  const whole = { 'aws:TokenIssueTime': '9999-01-01T00:00:00Z' }

  async function prepared(...links: readonly string[]) {
    const asking = await Asking.begin()
    const { world } = asking
    for (const name of ['Owned-ps', 'Other-ps'])
      await world.objects.put(`permission_sets/${name}.json`, JSON.stringify({ permissionSetName: name }))
    for (const one of links) await world.objects.put(one, '{}')
    for (const one of links) await world.until(async () => (await stateOf(asking, one)) === 'applied', one)
    return asking
  }
  /** Maria is suspended; her group has access, or not yet. */
  async function suspended(...links: readonly string[]) {
    const asking = await prepared(...links)
    const { world } = asking
    await world.objects.put(suspension, '')
    await world.until(async () => ['partly', 'suspended'].includes((await stateOf(asking)) ?? ''), 'the status')
    return asking
  }
  async function denied(asking: Asking, set: string): Promise<boolean> {
    const { arn } = (await json(asking, `owned_permission_sets/${set}`)) as { arn: string }
    const policy = (await asking.world.ssoAdmin.getInlinePolicy(permissionSetArn.parse(arn))) ?? ''
    const statements = policy === '' ? [] : (JSON.parse(policy).Statement as readonly { Condition: object }[])
    return statements.some(({ Condition }) => {
      const text = JSON.stringify(Condition)
      return text.includes(asking.id('maria')) && text.includes(JSON.stringify(whole))
    })
  }
  /** As a provider does it: the same person has another id. */
  async function recreate(asking: Asking, id: string): Promise<PrincipalId> {
    const { world } = asking
    const [old, fresh] = [principalId.parse(asking.id('maria')), principalId.parse(id)]
    await world.identityStore.deleteUser(old)
    await world.clock.advance(61_000)
    world.identityStore.addPrincipal('USER', fresh, 'maria')
    return fresh
  }

  /** With the schedule of each minute. */
  async function untilDenied(asking: Asking, set: string, minutes: number, is = true) {
    for (let minute = 0; minute < minutes && (await denied(asking, set)) !== is; minute++) {
      await asking.world.clock.advance(60_000)
      await asking.world.finish(asking.world.everyMinuteOfLinks())
      await asking.world.clock.advance(10_000)
    }
    expect(await denied(asking, set)).toBe(is)
  }

  test('access goes and sessions are denied although the report cannot be written', async () => {
    const asking = await prepared(link, ofGroup)
    const { world } = asking
    asking.answer = async ({ operation, args: [key], proceed }) => {
      if (operation !== 'put' || !String(key).startsWith('reports/leavers/')) return proceed()
      throw new ServiceError('s3', 'InternalError', 'try again')
    }
    const beganMs = world.clock.monotonicMs()
    await world.objects.put(suspension, '')
    await world.until(() => !asking.has(), 'the revocation')
    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(60_000)
    await untilDenied(asking, 'Owned-ps', 5)
    asking.answer = ({ proceed }) => proceed()
    await world.until(async () => (await world.keys('reports/leavers/')).length === 1, 'the report', 600)
  })

  test('the report has links and beginnings of the access of a group from copies of the ledger', async () => {
    const asking = await prepared(ofGroup)
    const { world } = asking
    await writeCopies(world.objects, allAccounts, { least: 1, most: 1_000 })
    const read: string[] = []
    asking.answer = ({ operation, args: [key], proceed }) => {
      if (operation === 'get') read.push(String(key))
      return proceed()
    }
    await world.objects.put(suspension, '')
    const entry = `assignments/${world.keyOf(ofGroup.slice('links_data/'.length))}`
    const { grantedAt: since } = (await json(asking, entry)) ?? {}
    const report = async () => json(asking, 'reports/leavers/2026-03-03/maria.json')
    await world.until(async () => (await report()) !== undefined, 'the report')
    expect(await report()).toMatchObject({ access: [{ group: 'developers', since, links: [ofGroup] }] })
    expect(read).not.toContain(entry)
  })

  test('a group that the person joins later is denied too, and given free when the person leaves it', async () => {
    const other = ofGroup.replace('Owned-ps', 'Other-ps').replace('developers', 'security')
    const asking = await suspended(other)
    expect(await stateOf(asking)).toBe('suspended')
    await asking.join('maria', 'security')
    const [user, group] = [principalId.parse(asking.id('maria')), asking.world.identityStore.idOf('GROUP', 'security')]
    const joined = { type: 'MEMBERSHIP', isCreation: true, user, group } as const
    await asking.world.finish(lookAtSuspended(asking.world.ports, asking.world.configuration, [joined]))
    await untilDenied(asking, 'Other-ps', 2)
    expect(await stateOf(asking)).toBe('partly')
    await asking.leave('maria', 'security')
    await untilDenied(asking, 'Other-ps', 62, false)
    // What the person has begun meanwhile is denied until it cannot be left.
    expect(await readEndedSessions(asking.world.objects)).toMatchObject({
      ended: expect.arrayContaining([expect.objectContaining({ name: 'maria', permissionSet: 'Other-ps' })]),
    })
  })

  test.each([
    ['the console', 'sso-directory', 'AddMemberToGroup', (user: string) => ({ member: { memberId: user } })],
    ['SCIM', 'identitystore-scim', 'PatchGroup', () => ({ httpBody: 'HIDDEN_DUE_TO_SECURITY_REASONS' })],
    ['a caller whose event names no user', 'identitystore', 'CreateGroupMembership', () => ({})],
  ])(
    'a group to which %s adds the person is denied within two minutes of the event',
    async (_, by, eventName, said) => {
      const other = ofGroup.replace('Owned-ps', 'Other-ps').replace('developers', 'security')
      const asking = await suspended(other)
      await asking.world.clock.advance(60_000)
      await asking.join('maria', 'security')
      const requestParameters = said(asking.id('maria'))
      const detail = { eventSource: `${by}.amazonaws.com`, eventName, requestParameters }
      const body = JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', source: `aws.${by}`, detail })
      await asking.world.ports.queues.send('events', [{ body }])
      await untilDenied(asking, 'Other-ps', 2)
    },
  )

  test('a person whom the provider makes again under the same name is denied within two minutes of the event', async () => {
    const asking = await suspended(ofGroup)
    await untilDenied(asking, 'Owned-ps', 5)
    const { world } = asking
    const fresh = await recreate(asking, '11111111-2222-4333-8444-555555555555')
    await asking.join('maria', 'developers')
    const body = JSON.stringify({
      'detail-type': 'User Created',
      source: 'aws.identitystore',
      detail: { 'user-id': fresh },
    })
    await world.ports.queues.send('events', [{ body }])
    await untilDenied(asking, 'Owned-ps', 2)
    expect(await stateOf(asking)).toBe('partly')
    // Nobody takes the denial away while the file is there.
    for (let hour = 0; hour < 3; hour++) {
      await world.clock.advance(60 * 60_000)
      await world.finish(world.everyMinuteOfLinks())
    }
    expect(await denied(asking, 'Owned-ps')).toBe(true)
    await world.objects.delete(suspension)
    await untilDenied(asking, 'Owned-ps', 5, false)
    expect(await world.keys('state/suspended/')).toEqual([])
    const restored = (await world.keys('history/suspensions/')).filter((key) => key.endsWith('%restored.json'))
    expect(restored).toHaveLength(2)
  })

  test('a person who is made again without an event, and had nothing before, is denied within the hour', async () => {
    const asking = await suspended(ofGroup.replace('developers', 'security'))
    await asking.leave('maria', 'developers')
    expect(await stateOf(asking)).toBe('suspended')
    await recreate(asking, '11111111-2222-4333-8444-555555555555')
    await asking.join('maria', 'security')
    await untilDenied(asking, 'Owned-ps', 65)
    // Each of the two users has a report.
    const told = await asking.world.keys('reports/leavers/')
    const users = await Promise.all(told.map(async (key) => (await json(asking, key))?.user))
    expect(new Set(users).size).toBe(2)
  })

  test('a hundred events that name no user have a suspension looked at once', async () => {
    const asking = await suspended()
    const { world } = asking
    await world.clock.advance(60_000)
    let looks = 0
    asking.answer = ({ operation, args: [key], proceed }) => {
      if (operation === 'get' && key === suspension) looks++
      return proceed()
    }
    const detail = { eventSource: 'identitystore-scim.amazonaws.com', eventName: 'PatchGroup' }
    const body = JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.scim', detail })
    await world.ports.queues.send(
      'events',
      Array.from({ length: 100 }, () => ({ body })),
    )
    await world.clock.advance(65_000)
    await world.finish(world.everyMinuteOfLinks())
    await world.clock.advance(10_000)
    expect(looks).toBe(1)
  })

  test('a group that the person joins later without an event is denied within the hour', async () => {
    const other = ofGroup.replace('Owned-ps', 'Other-ps').replace('developers', 'security')
    const asking = await suspended(other)
    expect(await stateOf(asking)).toBe('suspended')
    await asking.join('maria', 'security')
    await untilDenied(asking, 'Other-ps', 65)
  })

  test('the first access that the group of a suspended person gets is denied', async () => {
    const asking = await suspended()
    expect(await stateOf(asking)).toBe('suspended')
    await asking.world.objects.put(ofGroup, '{}')
    await asking.world.until(async () => (await stateOf(asking, ofGroup)) === 'applied', 'the access')
    await untilDenied(asking, 'Owned-ps', 2)
  })

  test('access that the group gets later is denied too', async () => {
    const asking = await suspended(ofGroup)
    await untilDenied(asking, 'Owned-ps', 2)
    // The next look is an hour away.
    for (let minute = 0; minute < 5; minute++) {
      await asking.world.clock.advance(60_000)
      await asking.world.finish(asking.world.everyMinuteOfLinks())
    }
    await asking.world.objects.put(ofGroup.replace('Owned-ps', 'Other-ps'), '{}')
    await untilDenied(asking, 'Other-ps', 2)
  })

  async function giveByHand(asking: Asking, who: Pick<AssignmentTarget, 'principalId' | 'principalType'>) {
    const { world } = asking
    const arn = ((await json(asking, 'owned_permission_sets/Owned-ps')) as { arn: string }).arn
    const target = { accountId: accountId.parse(account), permissionSetArn: permissionSetArn.parse(arn), ...who }
    world.ssoAdmin.addAssignment(target)
    const [at, input] = [world.clock.now(), inputOf(target)]
    const body = JSON.stringify(renderHandCall({ operation: 'CreateAccountAssignment', input, at, id: 'by-hand' }))
    await world.ports.queues.send('events', [{ body }])
  }

  test.each([
    ['the person', 'USER'],
    ['the group', 'GROUP'],
  ] as const)(
    'access that others give by hand to %s later is denied too, and the status says partly',
    async (_, principalType) => {
      const asking = await suspended(ofGroup.replace('developers', 'security'))
      expect(await stateOf(asking)).toBe('suspended')
      await asking.world.clock.advance(5 * 60_000)
      const group = asking.world.identityStore.idOf('GROUP', 'developers') ?? ''
      const id = principalId.parse(principalType === 'USER' ? asking.id('maria') : group)
      await giveByHand(asking, { principalId: id, principalType })
      await untilDenied(asking, 'Owned-ps', 3)
      await asking.world.until(async () => (await stateOf(asking)) === 'partly', 'the status', 60)
      expect(await asking.world.keys('attention/partly/')).toEqual([`attention/partly/${suspension}`])
    },
  )

  test('access that an import records as foreign is denied within the hour, and the status says partly', async () => {
    const asking = await suspended(ofGroup.replace('developers', 'security'))
    await asking.leave('maria', 'developers')
    const { world } = asking
    const [id, principal] = [principalId.parse(asking.id('maria')), principalName.parse('maria')]
    const { arn } = (await json(asking, 'owned_permission_sets/Owned-ps')) as { arn: string }
    const access = { accountId: accountId.parse(account), permissionSet: permissionSetName.parse('Owned-ps') }
    const key = renderAssignmentKey({ ...access, principalId: id, type: 'USER' })
    await new PrincipalNames(world.objects).note({ type: 'USER', id, name: principal })
    const found = {
      principal,
      permissionSetArn: permissionSetArn.parse(arn),
      links: [],
      seenAt: '2026-03-03T10:00:00Z',
    }
    await writeForeign(world.objects, key, found)
    await untilDenied(asking, 'Owned-ps', 65)
    expect(await stateOf(asking)).toBe('partly')
  })

  test('access of the person that AWS does not let anybody take is denied, while it is tried again', async () => {
    const own = `links_data/account%${account}%Other-ps%maria%USER%ssofile`
    const asking = await Asking.begin()
    const { world } = asking
    await world.objects.put('permission_sets/Other-ps.json', JSON.stringify({ permissionSetName: 'Other-ps' }))
    await world.objects.put(own, '{}')
    await world.until(async () => (await stateOf(asking, own)) === 'applied', 'the access')
    asking.answer = ({ operation, proceed }) => {
      if (operation === 'deleteAccountAssignment')
        throw new ServiceError('sso-admin', 'ConflictException', 'the account is suspended')
      return proceed()
    }
    await world.objects.put(suspension, '')
    await untilDenied(asking, 'Other-ps', 2)
  })

  test('the status names the permission sets whose inline policy has no room', async () => {
    const asking = await Asking.begin()
    const { world } = asking
    const inlinePolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Sid: 'A', Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${'x'.repeat(10_000)}` }],
    }
    await world.objects.put(
      'permission_sets/Owned-ps.json',
      JSON.stringify({ permissionSetName: 'Owned-ps', inlinePolicyDocument }),
    )
    await world.objects.put(ofGroup, '{}')
    await world.until(async () => (await stateOf(asking, ofGroup)) === 'applied', 'the access')
    await world.objects.put(suspension, '')
    await world.until(async () => (await stateOf(asking)) === 'partly', 'the status')
    for (let minute = 0; minute < 4; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinuteOfLinks())
    }
    await world.clock.advance(5_000)
    expect(await asking.status(suspension)).toMatchObject({
      reason: expect.stringContaining('denied within two minutes, but not yet of Owned-ps'),
      remedy: expect.stringContaining(`ssofile sessions end ${asking.id('maria')} --everywhere`),
    })
  })
})
