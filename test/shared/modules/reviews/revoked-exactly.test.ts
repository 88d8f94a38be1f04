import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { verifyReview } from '../../../../shared/modules/reviews/review-evidence.ts'
import { readRun } from '../../../../shared/modules/reviews/review-records.ts'
import { buildManifest } from '../../../../shared/modules/reviews/rules/manifest.ts'
import type { ReviewItem, Subject } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { runsOf } from '../../../depth.ts'
import { minutes, minutesUntil } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, dayMs, lars, linkTo, membership, Review, tom } from './review.ts'

const everywhere = (name: string) => `links_data/root%all%Support-ps%${name}%USER%ssofile`
const inFolder = (name: string) => `links_data/team-a/account%${account}%Support-ps%${name}%USER%ssofile`
/** Two links by account and one of the whole organization overlap; a group has a link under each of its names. */
const links = [
  ...[linkTo(lars), everywhere(lars), inFolder(lars), linkTo(kenji), inFolder(kenji)],
  ...[linkTo('team-Web', 'GROUP'), linkTo('team-Net', 'GROUP'), linkTo('oncall', 'GROUP')],
]
const memberships = [
  membership,
  `memberships/team-a/oncall%${lars}%ssofile`,
  `memberships/team-b/oncall%${lars}%ssofile`,
]
const files = [...links, ...memberships]
const atBeginning = [links[0], links[1], links[3], links[5], links[7], membership].flatMap((key) => key ?? [])

const file = fc.constantFrom(...files)
const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('upload'), key: file, reason: fc.constantFrom('', 'a', 'b') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('delete', 'seal'), key: file }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('keep', 'revoke'), key: fc.constantFrom(...atBeginning) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('rename', 'give by hand', 'take by hand', 'day') }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('outage'), port: fc.constantFrom('ssoAdmin', 'identityStore') }),
  },
)
type Act = typeof act extends fc.Arbitrary<infer One> ? One : never

/** One drawn world. What it knows, it knows from its own acts and from AWS, not from ssofile's records. */
class Drawn {
  readonly #review: Review
  /** Files that somebody else deleted, and questions that somebody revoked. */
  readonly #deleted = new Set<string>()
  readonly #revoked = new Set<string>()
  /** Files that are as they were when somebody kept them. */
  readonly #kept = new Set<string>()

  constructor(review: Review) {
    this.#review = review
  }

  async play(one: Act): Promise<void> {
    const { grouping } = this.#review
    const { world } = grouping
    const { identityStore, ssoAdmin, objects, clock } = world
    await clock.advance(2_000)
    switch (one.do) {
      case 'upload':
        this.#forget(one.key)
        return grouping.put(one.key, 'reason' in one && one.reason !== '' ? { reason: one.reason } : '')
      case 'delete':
        this.#forget(one.key)
        this.#deleted.add(one.key)
        return grouping.delete(one.key).then(() => undefined)
      case 'seal': {
        this.#forget(one.key)
        const uploader = { accessKeyId: 'AROAEXAMPLE:somebody', sourceIpAddress: '192.0.2.1' }
        objects.model.put(uploader, one.key, new Uint8Array(), { customerKeyMd5: 'x' })
        return
      }
      case 'rename': {
        const [web, net] = [identityStore.idOf('GROUP', 'team-Web'), identityStore.idOf('GROUP', 'team-Net')]
        const operations = [{ path: 'displayName', value: web ? 'team-Net' : 'team-Web' }]
        return identityStore.updateGroup(web ?? net ?? '', operations)
      }
      case 'give by hand':
        return ssoAdmin.addAssignment(this.#byHand())
      case 'take by hand':
        return ssoAdmin.removeAssignment(this.#byHand())
      case 'outage':
        grouping.answer = async ({ port, proceed }) => {
          if ('port' in one && port === one.port) throw new Error(`${port} does not answer`)
          return proceed()
        }
        await minutes(grouping, 2).catch(() => undefined)
        grouping.answer = ({ proceed }) => proceed()
        return
      case 'day':
        await clock.advance(dayMs)
        return minutes(grouping, 2)
      default:
        return this.#decide(one)
    }
  }

  /** Access of `lars` where a link may give it too. */
  #byHand() {
    const { world, ...grouping } = this.#review.grouping
    const arn = world.ssoAdmin.permissionSetArnOf('Support-ps')
    const id = world.identityStore.idOf('USER', lars)
    const target = world.ssoAdmin.assignments().find((one) => one.permissionSetArn === arn)
    if (arn === undefined || id === undefined || target === undefined) throw new Error(`no access: ${grouping}`)
    return { ...target, principalId: id as typeof target.principalId, principalType: 'USER' as const }
  }

  #forget(key: string): void {
    if (key.startsWith('memberships/')) for (const one of memberships) this.#kept.delete(one)
    else this.#kept.delete(key)
  }

  async #decide({ do: verdict, key }: Act & { key?: string }): Promise<void> {
    const { grouping } = this.#review
    const item = (await this.#review.items()).find((one) => one.end === undefined && isAbout(one.subject, key ?? ''))
    if (item === undefined || key === undefined) return
    const decision = `decisions/${grouping.id('USER', tom)}/quarter/${item.digest}%${verdict}`
    await grouping.put(decision)
    await minutes(grouping, 2)
    const { state, reason = '' } = (await grouping.status(decision)) ?? {}
    if (verdict === 'revoke') this.#revoked.add(key)
    else if (state === 'applied' && reason.startsWith('it counts')) this.#kept.add(key)
  }

  /** Whether Identity Center and its directory have this access anywhere in the item's scope. */
  #has(subject: Subject): boolean {
    const { identityStore, ssoAdmin } = this.#review.grouping.world
    if (subject.kind === 'membership') return identityStore.groupIdsOf(subject.userId).includes(subject.groupId)
    if (subject.kind !== 'link') return false
    const arn = ssoAdmin.permissionSetArnOf(subject.permissionSet)
    const places = new Set<string>(subject.accounts)
    return ssoAdmin
      .assignments()
      .some(
        (one) => one.permissionSetArn === arn && one.principalId === subject.principalId && places.has(one.accountId),
      )
  }

  /** What the evidence says against what Identity Center has. */
  async judge(means: string): Promise<void> {
    const { grouping } = this.#review
    const { objects } = grouping.world
    const run = await readRun(objects, 'quarter')
    if (run === undefined) throw new Error('no run')
    expect(await verifyReview(objects, 'quarter', run)).toEqual([])
    const { items } = buildManifest({ review: 'quarter', run, items: await this.#review.items() })
    for (const { result, subject, item, given } of items) {
      if (subject.kind !== 'link' && subject.kind !== 'membership') continue
      const has = this.#has(subject)
      const told = { item, result, has, given }
      if (result === 'revoked' || result === 'gone') expect(told).toEqual({ ...told, has: false })
      if (result === 'still given' || result === 'came back') expect(told).toEqual({ ...told, has: true })
      expect(told).toEqual({ ...told, result: expect.not.stringMatching(/^(revoking|open|decided)$/) })
    }
    for (const key of atBeginning) {
      if ((await objects.head(key)) !== undefined) continue
      const isDecided = this.#deleted.has(key) || this.#revoked.has(key) || isRevokedWith(key, this.#revoked)
      const isSilence = means === 'revoke' && !this.#kept.has(key)
      expect({ key, isDecided: isDecided || isSilence }).toEqual({ key, isDecided: true })
    }
  }
}

/** A membership is one item, whichever file gives it. */
const isRevokedWith = (key: string, revoked: ReadonlySet<string>) =>
  key.startsWith('memberships/') && memberships.some((one) => revoked.has(one))
const isAbout = (subject: ReviewItem['subject'], key: string) =>
  subject.kind === 'membership' ? key.startsWith('memberships/') : subject.kind === 'link' && subject.file.key === key

test.each(['revoke', 'not-done'] as const)(
  'whatever overlaps, is renamed, edited, unreadable or out of order, an item is revoked exactly if Identity Center has no such access, and nothing goes that nobody decided; silence means %s',
  async (means) => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 2, maxLength: 10 }), async (acts) => {
        const review = new Review()
        const { grouping } = review
        const { world } = grouping
        await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
        await apply(grouping, ['groups/oncall.json'])
        await apply(grouping, atBeginning)
        const silence = { escalateDays: 1, means }
        const reviewers = { fallback: { users: [tom] } }
        await review.subjects({ groups: ['oncall'], reviewers, lastsDays: 11, silence })
        const drawn = new Drawn(review)
        for (const one of acts) await drawn.play(one)
        await minutes(grouping, 10)
        await world.finish(world.everyNight())
        while (['open', 'escalated'].includes((await review.run()).phase)) {
          await world.clock.advance(dayMs)
          await minutes(grouping, 2)
        }
        await minutes(grouping, 5)
        await world.finish(world.everyNight())
        await minutesUntil(grouping, async () => !(await review.items()).some(isRevoking), 'every proof')
        await drawn.judge(means)
      }),
      { numRuns: runsOf(12), seed: 84 },
    )
  },
  240_000,
)

const isRevoking = ({ end, provenAt }: ReviewItem) =>
  provenAt === undefined && (end?.is === 'deleted' || end?.is === 'gone')
