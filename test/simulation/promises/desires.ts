import { desiredNow } from '../desired.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { splitAssignment } from './assignment-names.ts'
import type { PrincipalWatch } from './principals.ts'

/** Since when each assignment has been desired without a break, by ids and by names. */
export class Desires {
  readonly #world: SimulatedWorld
  readonly #principals: PrincipalWatch
  #desiredSinceMs = new Map<string, number>()
  #askedSinceMs = new Map<string, number>()

  constructor(world: SimulatedWorld, principals: PrincipalWatch) {
    this.#world = world
    this.#principals = principals
  }

  /** The world that links are judged by has changed. */
  note(): void {
    const nowMs = this.#world.clock.monotonicMs()
    // What nobody can read takes nothing away.
    const asked = this.now('certainly', { unclear: true })
    const names = asked.map((desired) => this.targetOf(desired)).filter((name) => name !== undefined)
    this.#askedSinceMs = new Map(asked.map((name) => [name, this.#askedSinceMs.get(name) ?? nowMs]))
    this.#desiredSinceMs = new Map(names.map((name) => [name, this.#desiredSinceMs.get(name) ?? nowMs]))
  }

  /** `among`: the links that count. `unclear`: whether a selector of which nobody knows what it means selects all. */
  now(
    how: 'certainly' | 'possibly',
    {
      among = () => true,
      unclear = how === 'possibly',
    }: { readonly among?: (link: string) => boolean; readonly unclear?: boolean } = {},
  ): readonly string[] {
    const { objects, organizations, clock } = this.#world
    return [
      ...desiredNow(objects, organizations, clock.now(), {
        grants: (link) => among(link) && this.#principals.grants(link, how),
        unclear,
      }),
    ]
  }

  /** Of an assignment by ids. */
  sinceMs(name: string): number | undefined {
    return this.#desiredSinceMs.get(name)
  }

  /** Of an assignment by names. */
  askedSinceMs(assignment: string): number | undefined {
    return this.#askedSinceMs.get(assignment)
  }

  /** What a desired assignment is in Identity Center now; `undefined` while its permission set or principal is missing. */
  targetOf(desired: string): string | undefined {
    const { ssoAdmin, identityStore } = this.#world
    const [accountId, permissionSet = '', principal = '', type] = splitAssignment(desired)
    const arn = ssoAdmin.permissionSetArnOf(permissionSet)
    const id = identityStore.idOf(type === 'USER' ? 'USER' : 'GROUP', principal)
    return arn && id && [accountId, arn, id, type].join(' ')
  }
}
