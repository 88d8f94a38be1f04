import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import type { PrincipalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { runsOf } from '../../../depth.ts'
import { dyingPorts } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const names = ['team-Accountants', 'team-Web', 'team-Shop', 'team-Late'] as const
const linkOf = (name: string) => `links_data/account%233000000002%Billing-ps%${name}%GROUP%ssofile`

type Step =
  | { readonly do: 'rename'; readonly from: number; readonly to: number; readonly isTold: boolean }
  | { readonly do: 'swap'; readonly from: number; readonly to: number; readonly isTold: boolean }
  | { readonly do: 'delete' | 'make'; readonly name: number; readonly isTold: boolean }
  | { readonly do: 'link' | 'unlink'; readonly name: number }
  | { readonly do: 'work'; readonly diesAt: number }
  | { readonly do: 'wait'; readonly minutes: number }

const name = fc.nat({ max: names.length - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('rename', 'swap'), from: name, to: name, isTold: fc.boolean() }),
  fc.record({ do: fc.constantFrom('delete', 'make'), name, isTold: fc.boolean() }),
  fc.record({ do: fc.constantFrom('link', 'unlink'), name }),
  fc.record({ do: fc.constant('work'), diesAt: fc.oneof(fc.nat({ max: 120 }), fc.constant(100_000)) }),
  fc.record({ do: fc.constant('wait'), minutes: fc.constantFrom(1, 20, 70) }),
)

class Life {
  readonly world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  #passing = 0

  async begin(): Promise<void> {
    await this.world.objects.put('permission_sets/Billing-ps.json', billing)
    await this.world.look()
    await this.world.finish(this.world.slice())
  }

  async perform(next: Step): Promise<void> {
    const { world } = this
    switch (next.do) {
      case 'rename':
        if (this.#idOf(next.to) !== undefined) return
        return this.#tell(next.isTold, await this.#rename(next.from, next.to))
      case 'swap': {
        const [first, second] = [this.#idOf(next.from), this.#idOf(next.to)]
        if (first === undefined || second === undefined || first === second) return
        await this.#renameTo(first, `passing ${++this.#passing}`)
        await this.#renameTo(second, names[next.from] ?? '')
        await this.#renameTo(first, names[next.to] ?? '')
        return this.#tell(next.isTold, first, second)
      }
      case 'delete': {
        const id = this.#idOf(next.name)
        if (id !== undefined) await world.identityStore.deleteGroup(id)
        return this.#tell(next.isTold, id)
      }
      case 'make': {
        if (this.#idOf(next.name) !== undefined) return
        return this.#tell(next.isTold, await world.identityStore.createGroup({ displayName: names[next.name] ?? '' }))
      }
      case 'link':
        await world.objects.put(linkOf(names[next.name] ?? ''), '')
        return world.look()
      case 'unlink':
        await world.objects.delete(linkOf(names[next.name] ?? ''))
        return world.look()
      case 'work':
        return this.#work(next.diesAt)
      case 'wait':
        return world.clock.advance(next.minutes * 60_000)
      default:
        return next satisfies never
    }
  }

  /** Nothing more happens: what nothing told of is found, and every grace ends. */
  async rest(): Promise<void> {
    for (let round = 0; round < 6; round++) {
      await this.world.clock.advance(25 * 60_000)
      await this.world.finish(this.world.everyHour())
      await this.#work(100_000)
    }
  }

  async #work(diesAt: number): Promise<void> {
    const dying = dyingPorts(this.world.ports, { at: (_, number) => number === diesAt, when: 'after' })
    let isOver = false
    void this.world.slice({}, dying.ports).then(() => {
      isOver = true
    })
    for (let second = 0; second < 300 && !isOver && !dying.isDead(); second++) {
      await this.world.clock.advance(1_000)
      await this.check()
    }
    await this.world.clock.advance(61_000)
  }

  /** All access is in the ledger, at any time. */
  async check(): Promise<void> {
    const recorded = JSON.stringify(await this.#entries())
    expect(this.holders().filter((id) => !recorded.includes(id))).toEqual([])
  }

  async checkRest(): Promise<void> {
    const links = new Set(await this.world.keys('links_data/'))
    const desired = names
      .filter((one) => links.has(linkOf(one)))
      .flatMap((one) => this.world.identityStore.idOf('GROUP', one) ?? [])
    expect(this.holders()).toEqual(desired.sort())
    const entries = await this.#entries()
    expect(entries.map((entry) => String(entry?.principalId)).sort()).toEqual(desired)
    expect(entries.filter((entry) => entry?.state !== 'granted')).toEqual([])
    expect(await this.world.namedKeys('foreign/')).toEqual([])
    expect(await this.world.keys('state/open/')).toEqual([])
    for (const link of links) {
      const isThere = this.world.identityStore.idOf('GROUP', link.split('%')[3] ?? '') !== undefined
      expect([link, (await this.world.json(`status/${link}.json`))?.state]).toEqual([
        link,
        isThere ? 'applied' : 'waiting',
      ])
    }
  }

  holders(): readonly PrincipalId[] {
    return this.world.ssoAdmin
      .assignments()
      .map(({ principalId }) => principalId)
      .sort()
  }

  async #entries() {
    return Promise.all((await this.world.keys('assignments/')).map((key) => this.world.json(key)))
  }

  #idOf(index: number): PrincipalId | undefined {
    return this.world.identityStore.idOf('GROUP', names[index] ?? '')
  }

  async #rename(from: number, to: number): Promise<PrincipalId | undefined> {
    const id = this.#idOf(from)
    if (id !== undefined) await this.#renameTo(id, names[to] ?? '')
    return id
  }

  #renameTo(id: PrincipalId, value: string): Promise<void> {
    return this.world.identityStore.updateGroup(id, [{ path: 'displayName', value }])
  }

  async #tell(isTold: boolean, ...ids: readonly (PrincipalId | undefined)[]): Promise<void> {
    for (const id of isTold ? ids : []) {
      const event = {
        id: this.world.ports.randomness.id(),
        'detail-type': 'Group Updated',
        source: 'aws.identitystore',
        detail: { 'group-id': id },
      }
      await this.world.queues.send('events', [{ body: JSON.stringify(event) }])
    }
    await this.world.look()
  }
}

test('whatever happens to groups, told or not, and wherever a dispatcher dies, access ends up with those whom links name', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const life = new Life()
      await life.begin()
      for (const index of [0, 1, 2, 3]) await life.perform({ do: 'link', name: index })
      await life.perform({ do: 'work', diesAt: 100_000 })
      for (const next of steps) {
        await life.perform(next)
        await life.check()
      }
      await life.rest()
      await life.checkRest()
    }),
    { seed: 7, numRuns: runsOf(15) },
  )
}, 120_000)
