import { type PrincipalId, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { World, type WorldOptions } from '../../../world.ts'

export const kenji = 'kenji.ito@acme.example'

/** People who are put into groups by files. */
export class Grouping {
  /** What the ports of the product answer; a test may have them fail. */
  answer: Interceptor = ({ proceed }) => proceed()
  readonly world: World

  constructor(configuration: WorldOptions['configuration'] = {}, process?: WorldOptions['process']) {
    this.world = new World({
      ...(process && { process }),
      configuration: { folders: ['team-a', 'team-b'], ...configuration },
      wrap: (ports) => intercept(ports, (call) => this.answer(call)),
    }).start()
  }

  /** The group oncall has a file and is there. */
  static async begin(configuration: WorldOptions['configuration'] = {}): Promise<Grouping> {
    const grouping = new Grouping(configuration)
    await grouping.put('groups/oncall.json', { description: 'who is called', owner: 'team-platform' })
    await grouping.until('groups/oncall.json', 'applied')
    return grouping
  }

  async put(key: string, body: object | '' = ''): Promise<void> {
    await this.world.objects.put(key, body === '' ? '' : JSON.stringify(body))
  }

  delete(key: string) {
    return this.world.objects.delete(key)
  }

  async status(key: string) {
    return (await this.world.json(statusKey(key))) as
      | { state: string; etag?: string; reason?: string; remedy?: string; owned?: boolean; principalId?: string }
      | undefined
  }

  /** `undefined`: nothing is told of it any more. */
  until(key: string, state: string | undefined): Promise<void> {
    return this.world.until(async () => (await this.status(key))?.state === state, `${key} as ${state}`)
  }

  id(type: 'GROUP' | 'USER', name: string): PrincipalId {
    const id = this.world.identityStore.idOf(type, name)
    if (id === undefined) throw new Error(`there is no ${name}`)
    return principalId.parse(id)
  }

  /** The groups of a user, by name. */
  groupsOf(user: string = kenji): readonly (string | undefined)[] {
    const { identityStore } = this.world
    return identityStore.groupIdsOf(this.id('USER', user)).map((id) => identityStore.nameOf('GROUP', id))
  }

  async changes(): Promise<readonly string[]> {
    const keys = await this.world.keys('changes/')
    return keys.flatMap((key) => /%((?:group|membership)-[a-z-]+)%/.exec(key)?.[1] ?? [])
  }

  /** The ledger of memberships, whose keys have ids. */
  owned(): Promise<readonly string[]> {
    return this.world.keys('owned_memberships/')
  }
}
