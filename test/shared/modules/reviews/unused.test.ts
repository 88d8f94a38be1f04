import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principals/principal.ts'
import { describeSubject } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { recordUses, recordWatching } from '../../../../shared/modules/usage/use-records.ts'
import { writeForeign } from '../../../../shared/reconcile/records/foreign-assignments.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, dayMs, lars, linkTo, membership, otherMembership, Review, reviewed, tom } from './review.ts'

type Opening = {
  readonly watchedDays?: number
  readonly links?: readonly string[]
  /** The permission set of foreign access of the group, or of Lars. */
  readonly foreign?: string
  readonly foreignOf?: PrincipalType
  /** Whether the record of that access has an id in place of the name, as for a name that no link can spell. */
  readonly isUnspellable?: boolean
  /** The permission set that Lars used. */
  readonly used?: string
}

/** Access that is 95 days old. Lars has used his link and the group's. */
async function open({
  watchedDays = 95,
  links = [linkTo(kenji), linkTo(lars), linkTo('oncall', 'GROUP')],
  foreign,
  used = 'Support-ps',
  ...given
}: Opening = {}): Promise<Review> {
  const review = new Review()
  const { grouping } = review
  const { world } = grouping
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, ['groups/oncall.json'])
  await apply(grouping, [membership, otherMembership])
  for (const link of links) await grouping.put(link)
  if (foreign !== undefined) await giveByHand(review, { foreign, ...given })
  await world.clock.advance(95 * dayMs)
  const user = grouping.id('USER', lars)
  const at = world.clock.now()
  const access = { account: accountId.parse(account), permissionSet: permissionSetName.parse(used) }
  await recordUses(world.ports, user, [{ user, ...access, at: at.toISOString(), by: 'cli' }])
  const hourly = Array.from({ length: watchedDays * 24 + 2 }, (_, hour) => new Date(at.getTime() - hour * 3_600_000))
  await recordWatching(world.ports, hourly)
  return review
}

/** ssofile knows this access as given by others. */
async function giveByHand(
  { grouping }: Review,
  { foreign = '', foreignOf: type = 'GROUP', isUnspellable = false }: Opening,
): Promise<void> {
  const name = type === 'GROUP' ? 'oncall' : lars
  const principalId = grouping.id(type, name)
  const access = { accountId: accountId.parse(account), permissionSet: permissionSetName.parse(foreign) }
  const key = renderAssignmentKey({ ...access, type, principalId })
  await writeForeign(grouping.world.objects, key, {
    principal: principalName.parse(isUnspellable ? principalId : name),
    permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef'),
    links: [],
    seenAt: grouping.world.clock.now().toISOString(),
  })
}

test('a review of unused access asks about the links and memberships whose people did not use it', async () => {
  const review = await open()
  const subjects = await review.subjects({ unusedDays: 90 })
  expect(subjects).toEqual([`Support-ps for ${kenji} (USER) in account%${account}`, `${tom} in the group oncall`])
})

test('nothing counts as unused while uses were not watched for so long', async () => {
  const review = await open({ watchedDays: 60 })
  await review.grouping.put('reviews/quarter.json', { ...reviewed, unusedDays: 90 })
  await review.grouping.until('reviews/quarter.json', 'waiting')
})

test('each item says when its people last used it', async () => {
  const review = await open()
  await review.subjects({})
  const used = (await review.items()).filter(({ subject }) => 'lastUsed' in subject && subject.lastUsed !== undefined)
  expect(used.map(({ subject }) => describeSubject(subject)).sort()).toEqual([
    `Support-ps for ${lars} (USER) in account%${account}`,
    `Support-ps for oncall (GROUP) in account%${account}`,
    `${lars} in the group oncall`,
  ])
})

/** As a later version may leave it, or an edit by hand. */
async function spoilUses({ grouping }: Review): Promise<void> {
  await grouping.world.objects.put(`usage/people/${grouping.id('USER', lars)}.json`, '{ "v": 2 }')
}

test.each(['USER', 'GROUP'] as const)(
  'foreign access of a %s whose name no link can spell counts its uses',
  async (foreignOf) => {
    const review = await open({ links: [linkTo(kenji)], foreign: 'Support-ps', foreignOf, isUnspellable: true })
    expect(await review.subjects({ unusedDays: 90, groups: [] })).toEqual([
      `Support-ps for ${kenji} (USER) in account%${account}`,
    ])
  },
)

test('access of a person whose uses cannot be read is not unused: nobody can decide it', async () => {
  const review = await open()
  await spoilUses(review)
  const key = `usage/people/${review.grouping.id('USER', lars)}.json`
  const unread = [
    `the use of Support-ps for ${lars} (USER) in account%${account}`,
    `the use of Support-ps for oncall (GROUP) in account%${account}`,
    `the use of ${lars} in the group oncall`,
  ].map((what) => expect.stringContaining(`${what}: could not be read (${key}: received content`))
  expect(await review.subjects({ unusedDays: 90 })).toEqual([
    `Support-ps for ${kenji} (USER) in account%${account}`,
    ...unread,
    `${tom} in the group oncall`,
  ])
})

test('a review that does not ask for unused access asks also about people whose uses cannot be read', async () => {
  const review = await open()
  await spoilUses(review)
  const subjects = await review.subjects({ groups: [] })
  expect(subjects).toContain(`Support-ps for ${lars} (USER) in account%${account}`)
})

describe('a review of unused access in one account', () => {
  const said = { unusedDays: 90, scopes: ['account%233000000001'] }
  const unit = 'ou_id%ou-acme-wrk3fina'

  test('leaves out a link that its person used in another account', async () => {
    const links = [kenji, lars].map((name) => `links_data/${unit}%Support-ps%${name}%USER%ssofile`)
    const review = await open({ links })
    expect(await review.subjects({ ...said, groups: [] })).toEqual([`Support-ps for ${kenji} (USER) in ${unit}`])
  })

  test('leaves out a member who used the access of the group in another account', async () => {
    const narrow = 'links_data/account%233000000001%Support-ps%oncall%GROUP%ssofile'
    const review = await open({ links: [narrow, linkTo('oncall', 'GROUP')] })
    expect(await review.subjects(said)).toEqual([
      'Support-ps for oncall (GROUP) in account%233000000001',
      `${tom} in the group oncall`,
    ])
  })
})

test('a review leaves out a link that its person used if nobody can read which accounts it reaches', async () => {
  const [link, selector] = [`links_data/select%some%Support-ps%${lars}%USER%ssofile`, 'selectors/some.json']
  const review = await open({ links: [link, linkTo(kenji)] })
  await review.grouping.put(selector, { accounts: 'nonsense' })
  expect(await review.subjects({ unusedDays: 90, groups: [] })).toEqual([
    `Support-ps for ${kenji} (USER) in account%${account}`,
  ])
})

describe('a review of unused access leaves out a member who used other access of the group', () => {
  // Everything-ps has no file, so it counts as privileged.
  const everything = `links_data/account%${account}%Everything-ps%oncall%GROUP%ssofile`
  const ofLink = `Everything-ps for oncall (GROUP) in account%${account}`
  const ofForeign = `Everything-ps for oncall (GROUP) in ${account}, given by others`
  const link = linkTo('oncall', 'GROUP')

  test.each([
    [
      'of a permission set that it does not ask about',
      { permissionSets: ['Every*'] },
      { links: [everything, link] },
      ofLink,
    ],
    ['that is not privileged', { only: 'privileged' }, { links: [everything, link] }, ofLink],
    ['by a link', { only: 'foreign' }, { links: [link], foreign: 'Everything-ps' }, ofForeign],
    [
      'by others',
      { permissionSets: ['Every*'] },
      { links: [everything], foreign: 'Other-ps', used: 'Other-ps' },
      ofLink,
    ],
  ])('%s', async (_, said, opening, asked) => {
    const review = await open(opening)
    expect(await review.subjects({ unusedDays: 90, ...said })).toEqual([asked, `${tom} in the group oncall`])
  })
})
