import { describe, expect, test } from '@jest/globals'
import type { InputMessage } from '../../../../shared/domain/links/input-message.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { explainAccess } from '../../../../shared/modules/access/explain-access.ts'
import { whoHasAccess } from '../../../../shared/modules/access/who-has-access.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import type { OutgoingMessage } from '../../../../shared/ports/queues.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { Asking, account } from '../../../handlers/asking.ts'
import { readAnswer } from '../../../read-answer.ts'
import { granted, json, link, stateOf, suspension } from './suspending.ts'

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
  // Without its hint, the revocation waits.
  asking.answer = async ({ port, operation, args: [name], proceed }) =>
    port === 'queues' && operation === 'send' && name === 'work-urgent' ? undefined : proceed()
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
    reason: expect.stringContaining('access through groups that ssofile does not manage (developers)'),
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
