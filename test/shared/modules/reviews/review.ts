import { readItems } from '../../../../shared/modules/reviews/review-records.ts'
import { describeSubject, type ReviewItem } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { minutes, minutesUntil } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { Grouping, kenji } from '../people/grouping.ts'

export const [tom, lars] = ['tom.baker@acme.example', 'lars.jensen@acme.example']
export const account = '233000000002'
export const linkTo = (name: string, type = 'USER') =>
  `links_data/account%${account}%Support-ps%${name}%${type}%ssofile`
export const membership = `memberships/oncall%${lars}%ssofile`
export const otherMembership = `memberships/oncall%${tom}%ssofile`
export const dayMs = 24 * 60 * 60_000
export const reviewed = {
  groups: ['*'],
  reviewers: { named: { users: [tom, kenji] }, fallback: { groups: ['team-Web'] } },
  lastsDays: 14,
  silence: { escalateDays: 7, means: 'revoke' },
}

/** A review of three links and a membership. */
export class Review {
  readonly grouping: Grouping
  folder = ''

  constructor(configuration: ConstructorParameters<typeof Grouping>[0] = {}) {
    this.grouping = new Grouping({ directory: 'identity-center', ...configuration })
  }

  static async begin(said: object = reviewed): Promise<Review> {
    const review = new Review()
    const { grouping } = review
    await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
    await apply(grouping, ['groups/oncall.json'])
    await apply(grouping, [membership, linkTo(kenji), linkTo(lars), linkTo('oncall', 'GROUP')])
    await apply(grouping, ['reviews/quarter.json'], said)
    review.folder = `review-results/quarter/${(await review.run()).run}/`
    return review
  }

  async run() {
    return (await this.grouping.world.json('review-results/quarter/run.json')) as {
      run: string
      phase: string
      items: number
    }
  }

  items(): Promise<readonly ReviewItem[]> {
    return readItems(this.grouping.world.objects, this.folder)
  }

  /** Begins a review, and returns the sentences of its items. */
  async subjects(said: object): Promise<readonly string[]> {
    await apply(this.grouping, ['reviews/quarter.json'], { ...reviewed, ...said })
    this.folder = `review-results/quarter/${(await this.run()).run}/`
    return (await this.items()).map(({ subject }) => describeSubject(subject)).sort()
  }

  async find(isIt: (subject: ReviewItem['subject']) => boolean): Promise<ReviewItem> {
    const item = (await this.items()).filter(({ subject }) => isIt(subject)).sort((a) => (a.replaces ? -1 : 1))[0]
    if (item === undefined) throw new Error('no such item')
    return item
  }

  link(name: string): Promise<ReviewItem> {
    return this.find((subject) => subject.kind === 'link' && subject.principal === name)
  }

  /** Answers the state and the reason of the decision's status. */
  async decide(user: string, { digest }: Pick<ReviewItem, 'digest'>, verdict: string, body: object | '' = '') {
    const { grouping } = this
    const key = `decisions/${grouping.id('USER', user)}/quarter/${digest}%${verdict}`
    await grouping.world.clock.advance(2_000)
    await grouping.put(key, body)
    const isTold = async () => {
      const [told, head] = [await grouping.status(key), await grouping.world.objects.head(key)]
      return told?.etag === head?.etag && told?.state !== 'waiting'
    }
    await minutesUntil(grouping, isTold, key)
    const { state, reason = '' } = (await grouping.status(key)) ?? { state: '' }
    return `${state}: ${reason}`
  }

  has(name: string, type: 'GROUP' | 'USER' = 'USER'): boolean {
    const { world } = this.grouping
    return world.ssoAdmin
      .assignments()
      .some((one) => one.accountId === account && one.principalId === world.identityStore.idOf(type, name))
  }

  async days(count: number): Promise<void> {
    for (let day = 0; day < count; day++) {
      await this.grouping.world.clock.advance(dayMs)
      await minutes(this.grouping, 2)
    }
  }

  async reviewersTold(event: string) {
    const { world } = this.grouping
    const key = (await world.keys('history/reviews/quarter/')).find((one) => one.endsWith(`%${event}.json`)) ?? ''
    return ((await world.json(key)) as { reviewers?: string[] }).reviewers
  }

  async outcome({ digest }: ReviewItem) {
    return (await this.grouping.world.json(`${this.folder}items/${digest}.json`)) as {
      end?: { is: string; task?: string; by?: string }
      provenAt?: string
      proof?: string[]
    }
  }
}
