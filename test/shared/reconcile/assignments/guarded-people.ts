import { weekdays } from '../../../../shared/domain/files/weekly-time.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import type { PrincipalType } from '../../../../shared/domain/principals/principal.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

export const account = '233000000002'
export const linkOf = (set: string, principal: string, type: PrincipalType = 'GROUP', scope = `account%${account}`) =>
  `links_data/${scope}%${set}%${principal}%${type}%ssofile`

/** Three permission sets, three groups, and three users, of whom nobody has anything. Slices are run by hand. */
export class GuardedPeople {
  readonly world: World
  /** Whether the directory refuses to say who is in a group. */
  membershipsRefused = false

  constructor(options: Pick<WorldOptions, 'wrap' | 'configuration'> = {}) {
    const permissionSets = ['Pay-ps', 'Approve-ps', 'Read-ps'].map((name) => ({
      permissionSetName: permissionSetName.parse(name),
    }))
    const groups = ['payers', 'approvers', 'readers'] as never
    const organization = { ...acme(), groups, users: ['ana', 'ben', 'kim'] as never, assignments: [], permissionSets }
    this.world = new World({ organization, wrap: (ports) => intercept(ports, this.#refuse), ...options }).start({
      dispatcher: false,
    })
  }

  readonly #refuse: Interceptor = async ({ operation, proceed }) => {
    if (this.membershipsRefused && operation === 'listMembersOf')
      throw new ServiceError('identitystore', 'AccessDeniedException', 'not you')
    return proceed()
  }

  async govern(policy: object): Promise<void> {
    await this.world.objects.put('policies/a.json', JSON.stringify({ contact: 'Ann', ...policy }))
    await this.world.clock.advance(6_000)
  }

  async join(group: string, user: string): Promise<string> {
    const { identityStore } = this.world
    const [groupId = '', userId = ''] = [identityStore.idOf('GROUP', group), identityStore.idOf('USER', user)]
    return identityStore.createGroupMembership(groupId, userId)
  }

  async upload(...links: readonly string[]): Promise<void> {
    for (const link of links) await this.world.objects.put(link, '')
    await this.settle()
  }

  async remove(...links: readonly string[]): Promise<void> {
    for (const link of links) await this.world.objects.delete(link)
    await this.settle()
  }

  /** Lets Kim and Ben ask for one of the permission sets, which nobody has to approve. */
  async letAsk(permissionSet = 'Pay-ps'): Promise<void> {
    const approvedByItself = { times: [{ zone: 'UTC', days: weekdays, from: '00:00', until: '24:00' }] }
    const said = { permissionSets: [permissionSet], scopes: [`account%${account}`], longest: 'PT8H', approvals: 0 }
    const eligibility = { for: { users: ['kim', 'ben'] }, ...said, approvedByItself }
    await this.world.objects.put('eligibility/all.json', JSON.stringify(eligibility))
    await this.world.clock.advance(6_000)
  }

  requestOf(user: string, permissionSet = 'Pay-ps'): string {
    return `requests/${this.world.identityStore.idOf('USER', user)}/account%${account}%${permissionSet}%${user}%USER%ssofile`
  }

  /** Temporary access for an hour. */
  async ask(user: string): Promise<void> {
    await this.world.objects.put(this.requestOf(user), JSON.stringify({ duration: 'PT1H' }))
    await this.settle()
  }

  async settle(): Promise<void> {
    await this.world.look()
    await this.world.finish(this.world.slice())
    await this.world.look()
    await this.world.finish(this.world.slice())
  }

  async sweep(): Promise<void> {
    await this.world.finish(this.world.everyFiveMinutes())
    await this.settle()
  }

  /** What is assigned now, as `set principal`. */
  async assigned(): Promise<readonly string[]> {
    const keys = await this.world.namedKeys('assignments/')
    const known = keys.map((key) => key.split('%'))
    const granted = this.world.ssoAdmin.assignments().length
    if (known.length !== granted) throw new Error(`${granted} assignments, and ${known.length} in the ledger`)
    return known.map(([, , set, principal]) => `${set} ${principal}`)
  }

  /** What a plan says of these changes. */
  plan(uploads: readonly string[], deletions: readonly string[] = []) {
    const { world } = this
    const body = new Uint8Array()
    const heads = deletions.map((key) => ({ key, etag: 'any' }))
    const changes = { uploads: uploads.map((key) => ({ key, body, over: undefined })), deletions: heads as never }
    const objects = new ProposedObjects(world.objects, world.clock.now(), changes)
    return world.finish(previewChanges({ ...world.ports, objects }, world.configuration, { looksMost: 0 }))
  }

  status(link: string) {
    return this.world.json(`status/${link}.json`)
  }
}
