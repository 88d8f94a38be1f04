import { parseOrganizationFile } from '../../shared/memory/organization-file.ts'
import { statusKey } from '../../shared/reconcile/records/status-store.ts'
import { type Interceptor, intercept } from '../intercept.ts'
import { World, type WorldOptions } from '../world.ts'

export const account = '111111111111'

/** An organization of two accounts, and people who ask and approve. */
function organization(suffix = '') {
  const file = parseOrganizationFile('people who ask', {
    managementAccountId: '999999999999',
    root: {
      id: 'r-acme',
      accounts: [{ id: '999999999999', name: 'management', email: 'm@example.com', tags: {} }],
      organizationalUnits: [
        {
          id: 'ou-acme-workload',
          name: 'Workloads',
          accounts: [{ id: account, name: 'one', email: 'one@example.com', tags: { owner: 'tom' } }],
          organizationalUnits: [],
        },
      ],
    },
    groups: ['developers', 'security'].map((name) => name + suffix),
    users: ['maria', 'tom', 'ada', 'eve', ...Array.from({ length: 60 }, (_, index) => `person-${index}`)].map(
      (name) => name + suffix,
    ),
    permissionSets: [{ permissionSetName: 'Admin-ps' }],
  })
  if (!file.ok) throw new Error(JSON.stringify(file.complaint))
  return file.value
}

export const rule = {
  for: { groups: ['developers'] },
  permissionSets: ['Admin-ps'],
  scopes: ['ou_id%ou-acme-workload'],
  longest: 'PT8H',
  approvers: { groups: ['security'] },
  approvals: 2,
  needs: ['reason'],
}

/** Somebody is eligible: maria. Tom and Ada approve; Eve may do neither. */
export class Asking {
  /** What the ports of the product answer; a test may have them fail. */
  answer: Interceptor = ({ proceed }) => proceed()
  readonly suffix: string
  readonly world: World

  constructor(suffix = '', options: Pick<WorldOptions, 'processes'> = {}) {
    this.suffix = suffix
    this.world = new World({
      organization: organization(suffix),
      configuration: { principalSuffix: suffix },
      ...options,
      wrap: (ports) => intercept(ports, (call) => this.answer(call)),
    }).start()
  }

  static async begin(said: object = {}, suffix = '', options: Pick<WorldOptions, 'processes'> = {}): Promise<Asking> {
    const asking = new Asking(suffix, options)
    const { world } = asking
    await asking.join('maria', 'developers')
    await asking.join('tom', 'security')
    await asking.join('ada', 'security')
    await world.objects.put('eligibility/admins.json', JSON.stringify({ ...rule, ...said }))
    await world.finish(world.everyHour())
    return asking
  }

  async join(user: string, group: string): Promise<void> {
    await this.world.identityStore.createGroupMembership(this.#idOf('GROUP', group), this.id(user))
  }

  async leave(user: string, group: string): Promise<void> {
    const { identityStore } = this.world
    const membership = await identityStore.getGroupMembershipId(this.#idOf('GROUP', group), this.id(user))
    await identityStore.deleteGroupMembership(membership ?? '')
  }

  async setStatus(user: string, value: 'ENABLED' | 'DISABLED'): Promise<void> {
    await this.world.identityStore.setUserStatus(this.id(user), value)
    // Nobody remembers how it was.
    await this.world.clock.advance(61_000)
  }

  id(user: string): string {
    return this.#idOf('USER', user)
  }

  #idOf(type: 'GROUP' | 'USER', name: string) {
    const id = this.world.identityStore.idOf(type, name + this.suffix)
    if (id === undefined) throw new Error(`there is no ${name}`)
    return id
  }

  key(user = 'maria', by = user): string {
    return `requests/${this.id(by)}/account%${account}%Admin-ps%${user}%USER%ssofile`
  }

  async ask(said: object = {}, key = this.key()): Promise<void> {
    await this.world.objects.put(key, JSON.stringify({ duration: 'PT1H', reason: 'disk full', ...said }))
    await this.world.clock.advance(3_000)
  }

  async status(key = this.key()) {
    return (await this.world.json(statusKey(key))) as
      | { state: string; reason: string; request?: { digest: string; expiresAt?: string } }
      | undefined
  }

  async digest(): Promise<string> {
    return (await this.status())?.request?.digest ?? 'none'
  }

  async decide(user: string, decision: 'approve' | 'deny' = 'approve', digest?: string): Promise<void> {
    const key = `approvals/${this.id(user)}/${digest ?? (await this.digest())}`
    await this.world.objects.put(key, JSON.stringify({ decision }))
    await this.world.clock.advance(3_000)
  }

  async approved(user: string): Promise<string | undefined> {
    return (await this.status(`approvals/${this.id(user)}/${await this.digest()}`))?.state
  }

  has(user = 'maria'): boolean {
    return this.world.ssoAdmin.assignments().some(({ principalId }) => principalId === this.id(user))
  }

  async events(): Promise<string[]> {
    const names = (await this.world.keys('changes/')).flatMap((key) => /%request-([a-z]+)%/.exec(key)?.[1] ?? [])
    return names
  }

  granted(): Promise<string[]> {
    return this.world.keys('links_data/temporary/')
  }
}
