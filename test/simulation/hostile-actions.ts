import * as fc from 'fast-check'
import type { SimulatedWorld } from './simulated-world.ts'

/** The folder that the hostile uploader may write. He may also write directly under `links_data/`, where others do. */
export const hostileFolder = 'folder-b'
export const hostileUploader = 'hostile'
/** Groups of his own; the first one's name imitates an event in the history of another group. */
export const hostileGroups = [
  'team one%GROUP/2026-03-03T09:00:00.000Z%revoked.json',
  'team-hostile',
  'team-2%GROUP',
] as const
/** Names that are almost those of others. Nobody has them. */
const nearNames = ['Team one', 'team one ', 'team-2 ', 'team%20one'] as const

const hostileScopes = ['root%all', 'account%200000000001', 'account%200000000002', 'ou_id%ou-sim0-33333333'] as const
export const hostileSets = ['First-ps', 'Late-ps', 'Console-ps'] as const

/** An uploader who wants to harm the others, with whatever an upload may be. */
export type HostileAction =
  | {
      readonly do: 'he uploads a link'
      readonly key: string
      readonly body: 'empty' | 'reason' | 'malformed' | 'expired'
    }
  /** For all of his groups and permission sets, in every account. */
  | { readonly do: 'he uploads root links for all of his groups' }
  | { readonly do: 'he flaps his links'; readonly times: number; readonly awayMs: number }
  | { readonly do: 'he deletes all of his links' }
  /** `folders`: each in a folder of its own, which nobody has declared. */
  | {
      readonly do: 'he floods'
      readonly count: number
      readonly with: 'bad names' | 'bad bodies' | 'waiting links' | 'folders'
    }
  | { readonly do: 'he takes his flood back' }
  /** With the same content, directly under `links_data/`. */
  | { readonly do: 'he overwrites a link of others'; readonly nth: number; readonly body: 'empty' | 'reason' }
  /** With a key of his own, so that nobody can read it. */
  | { readonly do: 'he encrypts one of his links'; readonly nth: number }

const names: ReadonlySet<string> = new Set<HostileAction['do']>([
  'he uploads a link',
  'he uploads root links for all of his groups',
  'he flaps his links',
  'he deletes all of his links',
  'he floods',
  'he takes his flood back',
  'he overwrites a link of others',
  'he encrypts one of his links',
])

export function isHostileAction(action: { readonly do: string }): action is HostileAction {
  return names.has(action.do)
}

export const hostileLinkOf = (scope: string, permissionSet = 'First-ps', group: string = hostileGroups[0]) =>
  `links_data/${hostileFolder}/${scope}%${permissionSet}%${group}%GROUP%ssofile`

const hostileLink = fc
  .tuple(
    fc.constantFrom(...hostileScopes),
    fc.constantFrom(...hostileSets),
    // Now and then what others are granted as well.
    fc.constantFrom(...hostileGroups, ...hostileGroups, ...nearNames, 'team-2'),
  )
  .map(([scope, permissionSet, group]) => hostileLinkOf(scope, permissionSet, group))
const nth = fc.nat(30)

export const hostileActions: readonly fc.WeightedArbitrary<HostileAction>[] = [
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('he uploads a link' as const),
      key: hostileLink,
      body: fc.constantFrom('empty' as const, 'empty' as const, 'reason' as const, 'malformed' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('he flaps his links' as const),
      times: fc.integer({ min: 1, max: 6 }),
      awayMs: fc.integer({ min: 1, max: 400 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'he deletes all of his links' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'he takes his flood back' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('he overwrites a link of others' as const),
      nth,
      body: fc.constantFrom('empty' as const, 'reason' as const),
    }),
  },
]

const bodies = {
  empty: '',
  reason: '{"reason":"on call","ticket":"T-1"}',
  expired: '{"expiresAt":"2020-01-01T00:00:00Z"}',
  malformed: '{"expiresAt":"tomorrow"}',
} as const

export async function performHostileAction(action: HostileAction, world: SimulatedWorld): Promise<void> {
  const objects = world.objects.as(hostileUploader)
  const links = keysOfHostile(world).filter((key) => !isFlood(key))
  switch (action.do) {
    case 'he uploads a link':
      return void objects.put(action.key, bodies[action.body])
    case 'he uploads root links for all of his groups':
      for (const set of hostileSets)
        for (const group of hostileGroups) void objects.put(hostileLinkOf('root%all', set, group), '')
      return
    case 'he flaps his links':
      for (let time = 0; time < action.times; time++) {
        for (const key of links) void objects.delete(key)
        await world.clock.advance(action.awayMs)
        for (const key of links) void objects.put(key, '')
        await world.clock.advance(action.awayMs)
      }
      return
    case 'he deletes all of his links':
      for (const key of links) void objects.delete(key)
      return
    case 'he floods':
      for (let index = 0; index < action.count; index++) {
        const [key, body] = floodOf(action.with, index)
        void objects.put(key, body)
      }
      return
    case 'he takes his flood back':
      for (const key of keysOfHostile(world).filter(isFlood)) void objects.delete(key)
      return
    case 'he overwrites a link of others': {
      const shared = keysOfHonest(world).filter(
        (key) => !key.slice('links_data/'.length).split('%', 1)[0]?.includes('/'),
      )
      const key = shared[action.nth % Math.max(shared.length, 1)]
      return key === undefined ? undefined : void objects.put(key, bodies[action.body])
    }
    case 'he encrypts one of his links': {
      const key = links[action.nth % Math.max(links.length, 1)]
      if (key === undefined) return
      world.wasDisturbed = true
      return world.unreadable.refuse(key)
    }
    default:
      return action satisfies never
  }
}

/** The same key again is the same file: a flood is as large as the largest that there was. */
function floodOf(kind: Extract<HostileAction, { do: 'he floods' }>['with'], index: number): readonly [string, string] {
  switch (kind) {
    case 'bad names':
      return [`links_data/${hostileFolder}/flood ${index}`, '']
    case 'bad bodies':
      return [hostileLinkOf('root%all', 'First-ps', `flood ${index}`), bodies.malformed]
    case 'waiting links':
      return [hostileLinkOf('account%200000000001', 'First-ps', `flood ${index}`), '']
    case 'folders':
      return [`links_data/flood ${index}/root%all%First-ps%team one%GROUP%ssofile`, '']
    default:
      return kind satisfies never
  }
}

function isFlood(key: string): boolean {
  return key.includes('flood ')
}

export function isOfHostile(key: string): boolean {
  return key.startsWith(`links_data/${hostileFolder}/`) || (key.startsWith('links_data/') && isFlood(key))
}

export function keysOfHostile(world: SimulatedWorld): readonly string[] {
  return world.keys('links_data/').filter(isOfHostile)
}

/** The links of everybody else. */
export function keysOfHonest(world: SimulatedWorld): readonly string[] {
  return world.keys('links_data/').filter((key) => !isOfHostile(key))
}
