import { describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { intercept } from '../../../intercept.ts'
import { account, GuardedPeople, linkOf } from '../assignments/guarded-people.ts'

const apart = (more: object = {}, mode = 'enforce') => ({
  separations: [
    { id: 'four-eyes', control: 'SOX 404', mode, must: { notTogether: [['Pay*'], ['Approve*']] }, ...more },
  ],
})
const pay = linkOf('Pay-ps', 'payers')
const approve = linkOf('Approve-ps', 'approvers')

async function open(...links: readonly string[]): Promise<GuardedPeople> {
  const people = new GuardedPeople()
  await people.upload(...links)
  await people.govern(apart())
  return people
}

describe('two permission sets that nobody may have together', () => {
  test('are refused to a group whose member has the other one by another group, with rule, control and whom to ask', async () => {
    const people = await open(pay)
    for (const [group, user] of [
      ['payers', 'ana'],
      ['payers', 'ben'],
      ['approvers', 'ben'],
      ['approvers', 'kim'],
    ] as const)
      await people.join(group, user)
    await people.upload(approve)
    expect(await people.assigned()).toEqual(['Pay-ps payers'])
    expect(await people.status(approve)).toMatchObject({
      state: 'rejected',
      reason: `received 'ben', who has 'Pay-ps' in account ${account} through the group 'payers', expected that nobody has both 'Pay*' and 'Approve*' in one account (rule 'four-eyes' of policies/a.json, control 'SOX 404')`,
      remedy: 'take the other one away first, or give this one to somebody else, or ask Ann',
    })
  })

  test('are accepted where no person is in both groups', async () => {
    const people = await open(pay)
    await people.join('payers', 'ana')
    await people.join('approvers', 'kim')
    await people.upload(approve)
    expect(await people.assigned()).toEqual(['Approve-ps approvers', 'Pay-ps payers'])
    expect(await people.status(approve)).toMatchObject({ state: 'applied' })
  })

  test.each([
    ['the user has it directly, and the group is new', linkOf('Pay-ps', 'ana', 'USER'), approve],
    ['the user has it by a group, and the direct link is new', pay, linkOf('Approve-ps', 'ana', 'USER')],
    ['both are direct', linkOf('Pay-ps', 'ana', 'USER'), linkOf('Approve-ps', 'ana', 'USER')],
    ['one group would have both', pay, linkOf('Approve-ps', 'payers')],
    ['a wider link reaches the same account', pay, linkOf('Approve-ps', 'approvers', 'GROUP', 'root%all')],
  ])('are refused where %s', async (_, first, second) => {
    const people = await open(first)
    for (const group of ['payers', 'approvers']) await people.join(group, 'ana')
    await people.upload(second)
    const [, , set] = second.split('%').slice(-5)
    expect(await people.status(second)).toMatchObject({ state: 'rejected' })
    expect((await people.assigned()).filter((one) => one.startsWith(`${set} `) && one.includes('nobody'))).toEqual([])
    const there = await people.world.namedKeys(`assignments/account%${account}%`)
    expect(there).toEqual([`assignments/${first.slice('links_data/'.length)}`])
  })

  test('are accepted in different accounts', async () => {
    const people = await open(pay)
    for (const group of ['payers', 'approvers']) await people.join(group, 'ana')
    const elsewhere = linkOf('Approve-ps', 'approvers', 'GROUP', 'account%233000000003')
    await people.upload(elsewhere)
    expect(await people.status(elsewhere)).toMatchObject({ state: 'applied' })
  })

  test('count what somebody else gave', async () => {
    const people = await open()
    await people.join('payers', 'ana')
    await people.join('approvers', 'ana')
    const { ssoAdmin, identityStore } = people.world
    const principalId = identityStore.idOf('GROUP', 'payers')
    const permissionSetArn = ssoAdmin.permissionSetArnOf('Pay-ps')
    ssoAdmin.addAssignment({ accountId: account, permissionSetArn, principalId, principalType: 'GROUP' } as never)
    await people.upload(pay)
    expect(await people.status(pay)).toMatchObject({ state: 'applied', owned: false })
    await people.upload(approve)
    expect(await people.status(approve)).toMatchObject({ state: 'rejected' })
  })

  test('are granted once when both come at the same time, whichever is first', async () => {
    const people = await open()
    for (const group of ['payers', 'approvers']) await people.join(group, 'ana')
    await people.upload(pay, approve)
    expect(await people.assigned()).toHaveLength(1)
    const states = [await people.status(pay), await people.status(approve)].map((status) => status?.state)
    expect(states.sort()).toEqual(['applied', 'rejected'])
  })

  test('are granted as soon as the other one is gone', async () => {
    const people = await open(pay)
    for (const group of ['payers', 'approvers']) await people.join(group, 'ana')
    await people.upload(approve)
    await people.remove(pay)
    await people.settle()
    expect(await people.assigned()).toEqual(['Approve-ps approvers'])
    expect(await people.status(approve)).toMatchObject({ state: 'applied' })
  })
})

test('access that goes in many accounts costs two looks at each account of a refused link, and the link gets its access', async () => {
  const sent: string[] = []
  const wrap = (ports: Ports) =>
    intercept(ports, async ({ port, operation, args: [queue, messages], proceed }) => {
      if (port === 'queues' && operation === 'send' && queue === 'work') sent.push(JSON.stringify(messages))
      return proceed()
    })
  const people = new GuardedPeople({ wrap })
  const wide = linkOf('Pay-ps', 'payers', 'GROUP', 'root%all')
  const refused = linkOf('Approve-ps', 'approvers', 'GROUP', 'root%all')
  await people.govern(apart())
  for (const group of ['payers', 'approvers']) await people.join(group, 'ana')
  await people.upload(wide)
  const accounts = (await people.assigned()).length
  expect(accounts).toBeGreaterThan(2)
  await people.upload(refused)
  expect(await people.status(refused)).toMatchObject({ state: 'rejected' })
  sent.length = 0
  await people.remove(wide)
  await people.settle()
  const hints = sent.join().split('Approve-ps%approvers').length - 1
  expect(hints).toBe(2 * accounts - 1)
  expect(await people.status(refused)).toMatchObject({ state: 'applied', accounts: { applied: accounts } })
})

test('a link stays refused while the obstacle is gone in some of its accounts only', async () => {
  const elsewhere = linkOf('Pay-ps', 'payers', 'GROUP', 'account%233000000003')
  const people = await open(pay, elsewhere)
  for (const group of ['payers', 'approvers']) await people.join(group, 'ana')
  const refused = linkOf('Approve-ps', 'approvers', 'GROUP', 'root%all')
  await people.upload(refused)
  await people.remove(pay)
  await people.settle()
  expect(await people.status(refused)).toMatchObject({
    state: 'rejected',
    reason: expect.stringContaining('in account 233000000003'),
  })
  expect(await people.world.namedKeys(`assignments/account%${account}%`)).toEqual([
    `assignments/${approve.slice('links_data/'.length)}`,
  ])
})

describe('what is there already', () => {
  test('stays when the policy comes, and when somebody joins the second group later', async () => {
    const people = await open(pay, approve)
    await people.join('payers', 'ana')
    await people.join('approvers', 'ana')
    await people.sweep()
    await people.upload(pay, approve)
    expect(await people.assigned()).toEqual(['Approve-ps approvers', 'Pay-ps payers'])
    expect(await people.status(pay)).toMatchObject({ state: 'applied' })
  })
})

test('a rule that only warns refuses nothing, and one for other accounts neither', async () => {
  const people = await open(pay)
  for (const group of ['payers', 'approvers']) await people.join(group, 'ana')
  await people.govern(apart({}, 'warn'))
  await people.upload(approve)
  expect(await people.status(approve)).toMatchObject({
    state: 'applied',
    warnings: [expect.stringContaining("it has 'ana', who has 'Pay-ps'")],
  })
  await people.remove(approve)
  await people.govern(apart({ for: { accounts: ['9*'] } }))
  await people.upload(approve)
  expect(await people.status(approve)).toMatchObject({ state: 'applied' })
})

test('memberships that cannot be read stop what is new under the rule, and revoke nothing', async () => {
  const people = new GuardedPeople()
  await people.upload(pay)
  await people.govern(apart())
  await people.join('payers', 'ana')
  people.membershipsRefused = true
  const read = linkOf('Read-ps', 'readers')
  await people.upload(approve, read)
  expect(await people.assigned()).toEqual(['Pay-ps payers', 'Read-ps readers'])
  expect(await people.status(approve)).toMatchObject({
    state: 'rejected',
    reason: expect.stringContaining('people whose other access is unknown (not you)'),
  })
})

test('with privacy by folder a status names no member', async () => {
  const people = new GuardedPeople({ configuration: { privacy: 'folder' } })
  await people.upload(pay)
  await people.govern(apart())
  for (const group of ['payers', 'approvers']) await people.join(group, 'ana')
  await people.upload(approve)
  expect((await people.status(approve))?.reason).toContain("received 'somebody', who has 'Pay-ps'")
})
