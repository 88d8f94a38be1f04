import { describe, expect, test } from '@jest/globals'
import { findUndecided } from '../../handlers/cli/requests/decide-on-request.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { statusKey } from '../../shared/reconcile/records/status-store.ts'
import { Asking, account, rule } from './asking.ts'

describe('what was granted', () => {
  async function grant(): Promise<Asking> {
    const asking = await Asking.begin({ approvals: 1 })
    await asking.ask()
    await asking.decide('tom')
    await asking.world.until(() => asking.has(), 'the access')
    return asking
  }

  test('ends within half an hour, also in history, if the message of its end is lost', async () => {
    const asking = await grant()
    const { world } = asking
    await world.clock.advance(61 * 60_000)
    asking.answer = async ({ operation, args: [queue], proceed }) =>
      operation === 'send' && queue === 'requests' ? undefined : proceed()
    await world.finish(world.everyMinute())
    await world.until(() => !asking.has(), 'the end')
    asking.answer = ({ proceed }) => proceed()
    await world.clock.advance(30 * 60_000)
    await world.finish(world.everyMinuteOfLinks())
    await world.until(async () => (await asking.status())?.state === 'expired', 'the status')
    expect(await asking.events()).toEqual(['asked', 'approved', 'granted', 'ended'])
    expect(await asking.granted()).toEqual([])
  })

  test('ends when its request is deleted, and its status goes', async () => {
    const asking = await grant()
    await asking.world.objects.delete(asking.key())
    await asking.world.until(() => !asking.has(), 'the revocation')
    expect(await asking.status()).toBeUndefined()
    expect(await asking.events()).toEqual(['asked', 'approved', 'granted', 'finished'])
  })

  test.each([
    ['asks for more time', '{ "duration": "P30D", "reason": "again" }', 'rejected'],
    ['asks for as much time', '{ "duration": "PT1H", "reason": "again" }', 'waiting'],
    ['uploads an empty file', '', 'expired'],
  ])('ends when its request is deleted, also if its author %s before a look', async (_, body, state) => {
    const asking = await grant()
    const { world } = asking
    world.objects.model.setVersioning('Enabled')
    await world.clock.advance(60_000)
    await world.objects.delete(asking.key())
    await world.objects.put(asking.key(), body)
    await world.clock.advance(30_000)
    expect(asking.has()).toBe(false)
    expect(await asking.events()).toContain('finished')
    const { request } = (await asking.status()) ?? {}
    expect(await asking.status()).toMatchObject({ state })
    expect(request).not.toHaveProperty('runs')
  })

  test('ends within seconds when an operator deletes its request while hundreds of its author wait', async () => {
    const asking = await grant()
    const { world } = asking
    asking.answer = async ({ port, operation, args: [key], proceed }) => {
      const isOther =
        port === 'objects' && operation === 'get' && String(key).startsWith('requests/') && key !== asking.key()
      if (isOther) await world.clock.sleep(2_000)
      return proceed()
    }
    for (let index = 0; index < 300; index++)
      await world.objects.put(asking.key().replace('Admin-ps', `Set${index}-ps`), '{}')
    await world.clock.advance(3_000)
    await world.objects.delete(asking.key())
    await world.clock.advance(5_000)
    expect(await asking.granted()).toEqual([])
    expect(await asking.events()).toContain('finished')
  })

  test('ends when its request is deleted while neither the directory nor the eligibilities can be read', async () => {
    const asking = await grant()
    asking.answer = async (call) => {
      const [key] = call.args
      const isEligibility = call.port === 'objects' && typeof key === 'string' && key.startsWith('eligibility/')
      if (call.port !== 'identityStore' && !isEligibility) return call.proceed()
      throw new ServiceError('identitystore', 'InternalServerException', 'not now', { httpStatus: 500 })
    }
    await asking.world.objects.delete(asking.key())
    await asking.world.clock.advance(3_000)
    expect(await asking.granted()).toEqual([])
    expect(await asking.events()).toEqual(['asked', 'approved', 'granted', 'finished'])
  })

  test.each([['eligibility/'], ['approvals/']])(
    'ends when its request is deleted and uploaded again while S3 gives nothing under %s',
    async (prefix) => {
      const asking = await grant()
      const { world } = asking
      world.objects.model.setVersioning('Enabled')
      await world.clock.advance(60_000)
      asking.answer = async ({ port, args: [key], proceed }) => {
        if (port !== 'objects' || typeof key !== 'string' || !key.startsWith(prefix)) return proceed()
        throw new ServiceError('s3', 'InternalError', 'not now', { httpStatus: 500 })
      }
      await world.objects.delete(asking.key())
      await world.objects.put(asking.key(), '{ "duration": "PT1H", "reason": "again" }')
      for (let minute = 0; minute < 10 && asking.has(); minute++) {
        await world.finish(world.everyMinuteOfLinks()).catch(() => undefined)
        await world.clock.advance(60_000)
      }
      expect(asking.has()).toBe(false)
      expect(await asking.events()).toContain('finished')
    },
  )

  test.each([
    ['begins before its end, without a gap', 30, [true, true, true, true, false]],
    ['begins after its end, with one', 90, [true, false, true, true, false]],
  ])('goes on until its end where an extension %s', async (_, minutes, expected) => {
    const asking = await Asking.begin({ mayStartLater: 'P7D', approvedByItself: { groups: ['developers'] } })
    const { world } = asking
    await asking.ask()
    expect(asking.has()).toBe(true)
    const before = (await asking.status())?.request?.expiresAt
    const startsAt = new Date(world.clock.now().getTime() + minutes * 60_000).toISOString()
    await asking.ask({ startsAt, duration: 'PT2H' })
    expect(await asking.status()).toMatchObject({ state: 'applied', request: { runsUntil: before } })
    const seen: boolean[] = []
    for (let minute = 0; minute < 240; minute++) {
      await world.everyMinuteOfLinks()
      await world.clock.advance(60_000)
      if ([20, 70, 100, 140, 239].includes(minute)) seen.push(asking.has())
    }
    expect(seen).toEqual(expected)
  })

  test('ends when an approver denies it', async () => {
    const asking = await grant()
    await asking.decide('ada', 'deny')
    await asking.world.until(() => !asking.has(), 'the revocation')
    expect(await asking.status()).toMatchObject({
      state: 'expired',
      reason: expect.stringContaining('ended the access early'),
    })
  })

  test('ends when an approver denies it, also if ssofile could not read the approvers for a while', async () => {
    const asking = await grant()
    const { world } = asking
    const denial = `approvals/${asking.id('ada')}/${await asking.digest()}`
    await world.clock.advance(61_000)
    asking.answer = ({ port, operation, proceed }) => {
      if (port !== 'identityStore' || operation !== 'listMembersOf') return proceed()
      throw new ServiceError('identitystore', 'AccessDeniedException', 'not authorized', { httpStatus: 400 })
    }
    await asking.decide('ada', 'deny')
    expect(await asking.status(denial)).toMatchObject({ state: 'waiting' })
    asking.answer = ({ proceed }) => proceed()
    await world.finish(world.everyFiveMinutes())
    await world.until(() => !asking.has(), 'the revocation')
    expect(await asking.status(denial)).toMatchObject({ state: 'applied' })
  })

  test('ends when an approver denies it, also if S3 lost the message and the approver has many rejected decisions', async () => {
    const asking = await grant()
    const { world } = asking
    const approvals = `approvals/${asking.id('ada')}/`
    for (let nth = 0; nth < 20; nth++) await world.objects.put(`${approvals}${String(nth).padStart(32, '0')}`, '{}')
    await world.clock.advance(10_000)
    asking.answer = async ({ operation, proceed }) => (operation === 'send' ? undefined : proceed())
    await asking.decide('ada', 'deny')
    asking.answer = ({ proceed }) => proceed()
    await world.finish(world.everyFiveMinutes())
    await world.until(() => !asking.has(), 'the revocation')
    expect(await asking.status(approvals + (await asking.digest()))).toMatchObject({ state: 'applied' })
  })

  test('ends when an approver denies it while its author asks for more time', async () => {
    const asking = await grant()
    const { world } = asking
    const former = await asking.digest()
    await asking.ask({ duration: 'PT8H' })
    const { read, digest } = await world.finish(findUndecided(world.ports, former, 'deny'))
    expect({ digest, runs: read.status.request?.runs }).toEqual({ digest: former, runs: former })
    await expect(world.finish(findUndecided(world.ports, former, 'approve'))).rejects.toThrow('again in the meantime')
    await asking.decide('tom', 'deny', former)
    await world.until(() => !asking.has(), 'the revocation')
    expect(await asking.status(`approvals/${asking.id('tom')}/${former}`)).toMatchObject({ state: 'applied' })
    expect(await asking.status()).toMatchObject({ state: 'waiting' })
  })

  test('ends by a denial that came while its eligibility was not valid, once somebody corrects the eligibility', async () => {
    const asking = await grant()
    const { world } = asking
    await world.objects.put('eligibility/admins.json', '{')
    await world.clock.advance(61_000)
    await asking.decide('ada', 'deny')
    const denial = `approvals/${asking.id('ada')}/${await asking.digest()}`
    expect(await asking.status(denial)).toMatchObject({
      state: 'waiting',
      reason: expect.stringContaining("eligibility 'admins' cannot be used"),
    })
    expect(asking.has()).toBe(true)
    await world.objects.put('eligibility/admins.json', JSON.stringify({ ...rule, approvals: 1 }))
    await world.clock.advance(61_000)
    await world.finish(world.everyFiveMinutes())
    await world.until(() => !asking.has(), 'the revocation')
    expect(await asking.status(denial)).toMatchObject({ state: 'applied' })
  })

  test('goes on for a denial of the upload that a granted extension replaced, and the approver is told so', async () => {
    const asking = await grant()
    const former = await asking.digest()
    await asking.ask({ duration: 'PT8H' })
    await asking.decide('tom')
    await asking.decide('tom', 'deny', former)
    expect(await asking.status(`approvals/${asking.id('tom')}/${former}`)).toMatchObject({
      state: 'rejected',
      reason: expect.stringContaining('a digest of an earlier upload'),
    })
    expect(asking.has()).toBe(true)
  })

  test.each([
    ['its eligibility asks for it', { endsSessions: true }, 1],
    ['it does not', {}, 0],
  ])('has the sessions of its account ended where %s', async (_, said, count) => {
    const asking = await Asking.begin({ approvedByItself: { groups: ['developers'] }, ...said })
    await asking.ask()
    expect(asking.has()).toBe(true)
    const record = () => asking.world.json('control/ended-sessions.json') as Promise<{ ended: object[] } | undefined>
    expect(await record()).toBeUndefined()
    await asking.world.objects.delete(asking.key())
    await asking.world.clock.advance(3_000)
    const { ended = [] } = (await record()) ?? {}
    expect(ended).toHaveLength(count)
    if (count > 0) expect(ended[0]).toMatchObject({ user: asking.id('maria'), permissionSet: 'Admin-ps', account })
    // Whoever signs in while the access is being revoked is signed in no longer either.
    const revokedBy = new Date(asking.world.clock.now().getTime() + 60_000).toISOString()
    expect(ended.filter((one) => 'before' in one && String(one.before) > revokedBy)).toHaveLength(count)
  })

  test.each([
    ['spoiled', '', 0, {}],
    ['spoiled', ' of a person with many rejected requests', 25, {}],
    ['encrypted with a key of its uploader', '', 0, { customerKeyMd5: 'of a key that only ada knows' }],
  ])(
    'ends while the record of ended sessions is %s, and its sessions%s are denied once somebody restores the record',
    async (_how, _whose, rejected, how) => {
      const asking = await Asking.begin({ approvedByItself: { groups: ['developers'] }, endsSessions: true })
      const { world } = asking
      await asking.ask()
      expect(asking.has()).toBe(true)
      for (let nth = 0; nth < rejected; nth++)
        await asking.ask({ reason: 'no set' }, asking.key().replace('%Admin-ps%', `%Other${nth}-ps%`))
      const uploader = { accessKeyId: 'ada', sourceIpAddress: '127.0.0.1' }
      const spoiled = new TextEncoder().encode('{ "v": 1, "ended": [ }')
      world.objects.model.put(uploader, 'control/ended-sessions.json', spoiled, how)
      await world.objects.delete(asking.key())
      await world.until(() => !asking.has(), 'the revocation')
      expect(await asking.events()).toContain('finished')
      const look = async () => {
        await world.clock.advance(60_000)
        await world.finish(world.everyMinuteOfLinks())
      }
      await look()
      expect(await world.keys('state/owed-endings/')).toHaveLength(1)
      await world.objects.delete('control/ended-sessions.json')
      await look()
      expect(await world.json('control/ended-sessions.json')).toMatchObject({
        ended: [{ user: asking.id('maria'), permissionSet: 'Admin-ps', account }],
      })
      expect(await world.keys('state/owed-endings/')).toEqual([])
    },
  )

  test('is not given again by the same upload, though its approvals are there', async () => {
    const asking = await grant()
    const digest = await asking.digest()
    await asking.world.objects.delete(asking.key())
    await asking.world.until(() => !asking.has(), 'the revocation')
    await asking.ask()
    expect(await asking.digest()).not.toBe(digest)
    expect(await asking.status()).toMatchObject({ state: 'waiting' })
  })

  test('survives the loss of state/ and of a message, and is written again', async () => {
    const asking = await grant()
    const { world } = asking
    await world.objects.delete((await asking.granted())[0] ?? '')
    for (const key of await world.keys('state/requests/')) await world.objects.delete(key)
    await asking.decide('eve', 'approve')
    await world.objects.delete(statusKey(asking.key()))
    await world.finish(world.everyFiveMinutes())
    await world.clock.advance(5_000)
    expect(await asking.granted()).toHaveLength(1)
    expect(await asking.events()).toEqual(['asked', 'approved', 'granted'])
  })

  test.each([
    { when: 'before it was asked for', isBefore: true },
    { when: 'while it is in force', isBefore: false },
  ])('goes on whatever somebody else asks for in the name of its user $when', async ({ isBefore }) => {
    const asking = await Asking.begin({ approvals: 1 })
    const { world } = asking
    const hostile = asking.key('maria', 'eve')
    if (isBefore) await asking.ask({}, hostile)
    await asking.ask()
    await asking.decide('tom')
    await world.until(() => asking.has(), 'the access')
    const [link = ''] = await asking.granted()
    const before = (await world.objects.head(link))?.etag
    const isAsBefore = async () => [asking.has(), (await world.objects.head(link))?.etag]
    await asking.ask({ reason: 'again' }, hostile)
    expect(await isAsBefore()).toEqual([true, before])
    await world.finish(world.everyFiveMinutes())
    await world.clock.advance(5_000)
    expect(await isAsBefore()).toEqual([true, before])
    await world.objects.delete(hostile)
    await world.clock.advance(60_000)
    await world.finish(world.everyFiveMinutes())
    await world.clock.advance(5_000)
    expect(await isAsBefore()).toEqual([true, before])
    expect(await asking.status()).toMatchObject({ state: 'applied' })
    expect((await asking.events()).filter((event) => event === 'finished')).toEqual([])
  })

  const sweep = async ({ world }: Asking) => {
    await world.finish(world.everyFiveMinutes())
    await world.clock.advance(60_000)
  }

  test('comes back with the next sweep where somebody else deleted its link', async () => {
    const asking = await grant()
    const [link = ''] = await asking.granted()
    await asking.world.objects.delete(link)
    await asking.world.until(() => !asking.has(), 'the revocation')
    await sweep(asking)
    expect(await asking.granted()).toEqual([link])
    expect(asking.has()).toBe(true)
    expect(await asking.status()).toMatchObject({ state: 'applied' })
  })

  test.each(['before more time is asked for', 'while a request for more time waits'])(
    'comes back where somebody else deleted its link %s, and its end is in history',
    async (when) => {
      const asking = await grant()
      const { world } = asking
      const [link = ''] = await asking.granted()
      const more = { duration: 'PT3H' }
      if (when.startsWith('while')) await asking.ask(more)
      await world.objects.delete(link)
      if (when.startsWith('before')) await asking.ask(more)
      else await world.until(() => !asking.has(), 'the revocation')
      await sweep(asking)
      expect(await asking.granted()).toEqual([link])
      expect(asking.has()).toBe(true)
      expect(await asking.status()).toMatchObject({ state: 'waiting', request: { runsUntil: expect.anything() } })
      await world.clock.advance(60 * 60_000)
      await world.finish(world.everyMinute())
      await world.until(() => !asking.has(), 'the end')
      expect((await asking.events()).filter((event) => event === 'ended')).toHaveLength(1)
    },
  )

  test.each([
    { what: 'nothing is left of its request', hostile: false },
    { what: 'somebody else asks in the same name', hostile: true },
  ])('ends with the next sweep where its link is put back after its end, and $what', async ({ hostile }) => {
    const asking = await grant()
    const { world } = asking
    const [link = ''] = await asking.granted()
    const body = (await world.objects.get(link))?.body ?? ''
    await world.objects.delete(asking.key())
    await world.until(async () => !asking.has() && (await asking.status()) === undefined, 'the end')
    if (hostile) await asking.ask({}, asking.key('maria', 'eve'))
    await world.clock.advance(10_000)
    await world.objects.put(link, body)
    await world.until(() => asking.has(), 'the access')
    await sweep(asking)
    expect(await asking.granted()).toEqual([])
    expect(asking.has()).toBe(false)
  })

  test('goes on where its link is copied to the place of another', async () => {
    const asking = await grant()
    const { world } = asking
    const [link = ''] = await asking.granted()
    const body = (await world.objects.get(link))?.body ?? ''
    await world.objects.put(link.replace('%maria%', '%eve%'), body)
    await world.clock.advance(10_000)
    await sweep(asking)
    // Somebody has the request looked at.
    await asking.decide('ada')
    expect(await asking.granted()).toEqual([link])
    expect(asking.has()).toBe(true)
    expect(await asking.events()).not.toContain('finished')
  })

  test('begins with the next sweep after the link of who had the name before has gone', async () => {
    const asking = await Asking.begin({ approvals: 1, approvedByItself: { groups: ['security'] } })
    const { world } = asking
    await asking.ask()
    await asking.decide('tom')
    const [before, now] = [asking.id('maria'), asking.id('eve')]
    const keyBefore = asking.key()
    for (const group of ['developers', 'security']) await asking.join('eve', group)
    await world.identityStore.updateUser(principalId.parse(before), [{ path: 'userName', value: 'maria.new' }])
    await world.identityStore.updateUser(principalId.parse(now), [{ path: 'userName', value: 'maria' }])
    await world.clock.advance(61_000)
    const key = asking.key('maria')
    await asking.ask({}, key)
    expect(await asking.status(key)).toMatchObject({ state: 'waiting', reason: expect.stringContaining(before) })
    await world.objects.delete(keyBefore)
    await world.clock.advance(30_000)
    await sweep(asking)
    expect(await asking.status(key)).toMatchObject({ state: 'applied' })
    expect(asking.has()).toBe(true)
  })

  test('is written again over what somebody else has written there', async () => {
    const asking = await grant()
    const { world } = asking
    const [link = ''] = await asking.granted()
    const body = (await world.objects.get(link))?.body
    await world.objects.put(link, '{}')
    await world.until(() => !asking.has(), 'the revocation')
    await sweep(asking)
    expect((await world.objects.get(link))?.body).toEqual(body)
    expect(asking.has()).toBe(true)
  })

  test('says what its link says: refused by a policy, and in force once the policy is gone', async () => {
    const asking = await Asking.begin({ approvals: 1 })
    const { world } = asking
    const groupsOnly = { id: 'groups-only', control: 'AC-6', mode: 'enforce', must: { types: ['GROUP'] } }
    await world.objects.put('policies/a.json', JSON.stringify({ contact: 'platform', links: [groupsOnly] }))
    await world.clock.advance(10_000)
    await asking.ask()
    await asking.decide('tom')
    await world.clock.advance(61_000)
    await world.finish(world.everyMinute())
    await world.clock.advance(5_000)
    expect(asking.has()).toBe(false)
    expect(await asking.status()).toMatchObject({ state: 'rejected', reason: expect.stringContaining('groups-only') })
    await world.objects.delete('policies/a.json')
    await world.clock.advance(10_000)
    await world.finish(world.everyMinute())
    await world.until(() => asking.has(), 'the access')
    await sweep(asking)
    expect(await asking.status()).toMatchObject({ state: 'applied' })
  })

  test('ends where its user gets another name, and its request says so', async () => {
    const asking = await grant()
    const { world } = asking
    await world.identityStore.updateUser(asking.id('maria'), [{ path: 'userName', value: 'maria.new' }])
    await world.clock.advance(60_000)
    await world.finish(world.everyHour())
    await sweep(asking)
    expect(await asking.granted()).toEqual([])
    expect(world.ssoAdmin.assignments()).toEqual([])
    const key = (await world.keys('status/requests/'))[0] ?? ''
    expect(await world.json(key)).toMatchObject({
      state: 'expired',
      reason: expect.stringContaining('ended the access early'),
    })
  })

  test('goes on where S3 does not give its link, whatever somebody else asks for and takes back', async () => {
    const asking = await grant()
    const { world } = asking
    const [link = ''] = await asking.granted()
    asking.answer = async ({ port, operation, args: [key], proceed }) => {
      if (port !== 'objects' || operation !== 'get' || key !== link) return proceed()
      throw new ServiceError('s3', 'AccessDenied', 'no', { httpStatus: 403 })
    }
    // Gone again before anybody looked: nothing tells what it was.
    await world.objects.put(asking.key('maria', 'eve'), '{ "duration": "PT1H" }')
    await world.objects.delete(asking.key('maria', 'eve'))
    await world.clock.advance(60_000)
    expect(await asking.granted()).toEqual([link])
    expect(asking.has()).toBe(true)
  })

  test('leaves a permanent link on the same access alone', async () => {
    const asking = await grant()
    const link = `links_data/account%${account}%Admin-ps%maria%USER%ssofile`
    await asking.world.objects.put(link, '')
    await asking.world.clock.advance(5_000)
    await asking.world.objects.delete(asking.key())
    await asking.world.clock.advance(60_000)
    expect(await asking.granted()).toEqual([])
    expect(asking.has()).toBe(true)
  })
})
