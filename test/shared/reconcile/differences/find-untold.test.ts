import { describe, expect, test } from '@jest/globals'
import { parseAssignmentName } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { noSelectors } from '../../../../shared/domain/scopes/selector-file.ts'
import { attentionOf, type StatusState } from '../../../../shared/domain/statuses/status.ts'
import {
  findMisindexed,
  indexAssignments,
  type Situation,
  wantsLook,
} from '../../../../shared/reconcile/differences/find-untold.ts'
import type { CheckedStatus } from '../../../../shared/reconcile/records/checkpoint.ts'
import { attentionKey, StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { World } from '../../../world.ts'

const linkOf = (principal: string) => `links_data/root%all%Billing-ps%${principal}%GROUP%ssofile`
const link = linkOf('team')
const set = 'permission_sets/Billing-ps.json'
const told = (state: StatusState, desired = 0): CheckedStatus => {
  return { etag: 's', state, attention: attentionOf({ state }), of: 'f', desired, open: 0 }
}

const calm: Situation = {
  isSweep: true,
  isAtWork: false,
  isNew: false,
  isGone: false,
  isOpen: false,
  isScheduled: false,
  isExpired: false,
  isHeld: false,
  isUnused: false,
}

type Case = readonly [string, CheckedStatus, Partial<Situation>, boolean]

describe('whether an input is looked at again', () => {
  const cases: readonly (readonly [string, string, ...Case])[] = [
    ['a sweep leaves', 'a rejected link', link, told('rejected'), {}, false],
    ['a sweep takes', 'a rejected link whose access is going', link, { ...told('rejected'), open: 1 }, {}, true],
    [
      'a sweep leaves',
      'a rejected link whose access is going with a retry',
      link,
      { ...told('rejected'), open: 1 },
      { isScheduled: true },
      false,
    ],
    ['a sweep leaves', 'an expired link that says so', link, told('expired'), { isExpired: true }, false],
    ['a sweep leaves', 'an applied link', link, told('applied'), {}, false],
    [
      'a sweep takes',
      'a link that expired and says that it is applied',
      link,
      told('applied'),
      { isExpired: true },
      true,
    ],
    ['a sweep takes', 'a link that is applying with no retry', link, told('applying'), {}, true],
    ['a sweep leaves', 'a link that is applying with a retry', link, told('applying'), { isScheduled: true }, false],
    ['a sweep leaves', 'a link that a dispatcher may be applying', link, told('applying'), { isAtWork: true }, false],
    [
      'a reconcile takes',
      'every link that is applying',
      link,
      told('applying'),
      { isSweep: false, isOpen: true },
      true,
    ],
    ['a sweep takes', 'a link that is revoking with no retry', link, told('revoking'), {}, true],
    ['a sweep leaves', 'a link with something held', link, told('held'), { isHeld: true }, false],
    ['a sweep takes', 'a held link with nothing held', link, told('held'), {}, true],
    ['a sweep leaves', 'a link that waits for an account', link, told('waiting'), {}, false],
    ['a sweep takes', 'a link that began to wait for an account', link, told('waiting'), { isNew: true }, true],
    ['a reconcile takes', 'a link that waits for an account', link, told('waiting'), { isSweep: false }, true],
    ['a sweep leaves', 'a link that waits for a group', link, told('waiting', 1), { isOpen: true, isNew: true }, false],
    ['a sweep takes', 'a link that waits with nothing open', link, told('waiting', 1), {}, true],
    ['a sweep takes', 'a waiting link that expired', link, told('waiting', 1), { isOpen: true, isExpired: true }, true],
    ['a sweep leaves', 'a failed link with something open', link, told('failed', 1), { isOpen: true }, false],
    ['a sweep takes', 'a failed link with nothing open', link, told('failed'), {}, true],
    ['a sweep leaves', 'a failed link that is gone', link, told('failed'), { isGone: true, isOpen: true }, false],
    [
      'a reconcile takes',
      'a failed link that is gone',
      link,
      told('failed'),
      { isSweep: false, isGone: true, isOpen: true },
      true,
    ],
    ['a sweep leaves', 'a failed permission set', set, told('failed'), { isNew: true }, false],
    ['a reconcile takes', 'a failed permission set', set, told('failed'), { isSweep: false }, true],
    ['a sweep leaves', 'a blocked permission set that something names', set, told('blocked'), {}, false],
    ['a sweep takes', 'a blocked permission set that nothing names', set, told('blocked'), { isUnused: true }, true],
    ['a sweep leaves', 'one with a retry', set, told('blocked'), { isUnused: true, isScheduled: true }, false],
    ['a reconcile takes', 'every blocked permission set', set, told('blocked'), { isSweep: false }, true],
    ['a sweep takes', 'a permission set that is applying with no retry', set, told('applying'), {}, true],
  ]
  test.each(cases)('%s %s', (_who, _what, input, status, situation, expected) => {
    expect(wantsLook(input, status, { ...calm, ...situation })).toBe(expected)
  })
})

test('an assignment concerns a link only within its scope, or anywhere if the link is not in force', async () => {
  const world = new World()
  const [account, other] = world.organizations.accountsNow().filter(({ parents }) => parents.length > 2)
  const key = `account%${account?.id}%Billing-ps%team%GROUP%ssofile`
  const view = {
    v: 1 as const,
    managementAccountId: accountId.parse('111111111111'),
    readAt: '2026-03-03T10:00:00.000Z',
    revision: 1,
    hasTags: false,
    accounts: [...world.organizations.accountsNow()],
  }
  const open = indexAssignments([parseAssignmentName(key) ?? []].flat(), view, {
    ...world.configuration,
    selectors: noSelectors,
  })
  const elsewhere = link.replace('root%all', 'ou_id%ou-none-00000000')
  expect(open(link, true)).toBe(true)
  expect(open(linkOf('other'), true)).toBe(false)
  expect(open(`links_data/${key}`, true)).toBe(true)
  expect(open(`links_data/${key.replace(String(account?.id), String(other?.id))}`, false)).toBe(false)
  expect(open(elsewhere, true)).toBe(false)
  expect(open(elsewhere, false)).toBe(true)
  expect(open(set, true)).toBe(false)
})

describe('the index of attention', () => {
  async function misindexed(
    indexed: readonly string[],
    statuses: Readonly<Record<string, CheckedStatus>>,
    spoiled = '',
  ) {
    const world = new World()
    for (const key of indexed) await world.objects.put(`attention/${key}`, '')
    const unread = new Map(spoiled === '' ? [] : [[spoiled, `status/${spoiled}.json`]])
    return findMisindexed(world.objects, {
      told: new Map(Object.entries(statuses)),
      changed: new Set(),
      spoiled: unread,
    })
  }

  test('is wrong where it has an input in another state than the status, or lacks it', async () => {
    expect(await misindexed([`waiting/${link}`], { [link]: told('waiting') })).toEqual([])
    expect(await misindexed([`failed/${link}`], { [link]: told('waiting') })).toEqual([link])
    expect(await misindexed([], { [link]: told('waiting') })).toEqual([link])
    expect(await misindexed([`failed/${link}`], {})).toEqual([link])
    expect(await misindexed([], { [link]: told('applied') })).toEqual([])
  })

  test('the index is right about an input whose status cannot be read', async () => {
    expect(await misindexed([`failed/${link}`], {}, link)).toEqual([])
  })

  test.each(['requests', 'approvals'])(
    'has one of the %s in another state than its status, or has none',
    async (kind) => {
      const world = new World()
      const statuses = new StatusStore(world.objects, world.clock)
      const [waiting, decided, gone, spoiled] = [`${kind}/a`, `${kind}/b`, `${kind}/c`, `${kind}/d`]
      for (const input of [waiting, decided, gone, spoiled]) await world.objects.put(`attention/waiting/${input}`, '')
      await statuses.revise(waiting, async () => ({ state: 'waiting', reason: 'it', remedy: 'wait' }))
      await statuses.revise(decided, async () => ({ state: 'applied' }))
      await world.objects.put(`attention/waiting/${decided}`, '')
      await world.objects.put(`status/${spoiled}.json`, 'cut off')
      const found = { told: new Map(), changed: new Set<string>(), spoiled: new Map() }
      expect(await findMisindexed(world.objects, found)).toEqual([decided, gone])
    },
  )

  test('the index has a hash of a name that is too long, and is wrong where no status has that name', async () => {
    const long = linkOf('x'.repeat(970))
    const key = attentionKey('failed', long).replace('attention/', '')
    expect(key).toMatch(/^failed\/too-long\//)
    expect(await misindexed([key], { [long]: told('failed') })).toEqual([])
    expect(await misindexed([key], {})).toEqual([key.replace('failed/', '')])
  })
})
