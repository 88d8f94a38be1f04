import { nthOf } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { bodies } from './small-world.ts'

/** The folder of the hostile uploader, who may also write directly under `links_data/`, like others. */
export const hostileFolder = 'folder-b'
export const hostileUploader = 'hostile'
/** The hostile uploader's groups. The first name imitates an event in the history of another group. */
export const hostileGroups = [
  'team one%GROUP/2026-03-03T09:00:00.000Z%revoked.json',
  'team-hostile',
  'team-2%GROUP',
] as const
/** Names that are almost like others. Nobody has them. */
export const nearNames = ['Team one', 'team one ', 'team-2 ', 'team%20one'] as const

export const hostileLinkOf = (scope: string, permissionSet = 'First-ps', group: string = hostileGroups[0]) =>
  `links_data/${hostileFolder}/${scope}%${permissionSet}%${group}%GROUP%ssofile`

/** Actions of an uploader who wants to harm others, with any kind of upload. */
export const hostileActions = {
  'he uploads a link': (world: SimulatedWorld, { key }: { key: string }) => his(world).put(key, ''),
  'he flaps his links': async (world: SimulatedWorld, { times, awayMs }: { times: number; awayMs: number }) => {
    const links = linksOfHostile(world)
    for (let time = 0; time < times; time++) {
      for (const key of links) void his(world).delete(key)
      await world.clock.advance(awayMs)
      for (const key of links) void his(world).put(key, '')
      await world.clock.advance(awayMs)
    }
  },
  'he deletes all of his links': (world: SimulatedWorld) => {
    for (const key of linksOfHostile(world)) void his(world).delete(key)
  },
  /** Directly under `links_data/`. */
  'he overwrites a link of others': (world: SimulatedWorld, { nth, body }: Nth & { body: keyof typeof bodies }) => {
    const isShared = (key: string) => !key.slice('links_data/'.length).split('%', 1)[0]?.includes('/')
    const key = nthOf(keysOfHonest(world).filter(isShared), nth)
    if (key !== undefined) void his(world).put(key, bodies[body])
  },
  /** Encrypted with the uploader's own key, so that nobody can read it. */
  'he encrypts one of his links': (world: SimulatedWorld, { nth }: Nth) => {
    const key = nthOf(linksOfHostile(world), nth)
    if (key === undefined) return
    world.wasDisturbed = true
    world.unreadable.refuse(key)
  },
}

type Nth = { readonly nth: number }
const his = (world: SimulatedWorld) => world.objects.as(hostileUploader)

export function isOfHostile(key: string): boolean {
  return key.startsWith(`links_data/${hostileFolder}/`)
}

function linksOfHostile(world: SimulatedWorld): readonly string[] {
  return world.keys('links_data/').filter(isOfHostile)
}

/** The links of everybody else. */
export function keysOfHonest(world: SimulatedWorld): readonly string[] {
  return world.keys('links_data/').filter((key) => !isOfHostile(key))
}

/** The bucket policy lets nobody but ssofile write temporary links. */
export function keysOfPeople(world: SimulatedWorld): readonly string[] {
  return keysOfHonest(world).filter((key) => !key.startsWith('links_data/temporary/'))
}
