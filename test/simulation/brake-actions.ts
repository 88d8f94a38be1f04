import { digestOf, releaseList } from '../../shared/reconcile/records/brake-file.ts'
import { pauseChanges, resumeChanges } from '../../shared/reconcile/records/pause.ts'
import { disturbing } from './doing.ts'
import { keysOfPeople } from './hostile-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** Actions that make the brake hold something, and the operators' answers. Operators also pause changes. */
export const brakeActions = {
  'delete all links of a folder': (world: SimulatedWorld, { folder }: { folder: '' | 'folder-a/' }) => {
    const isIn = (key: string) => key.startsWith('links_data/folder-a/') === (folder === 'folder-a/')
    for (const key of keysOfPeople(world).filter(isIn)) void world.objects.as('someone').delete(key)
  },
  /** The operator notes the lists and their digests. */
  'look at the brake': (world: SimulatedWorld) => {
    world.seenBrake = readShown(world)
  },
  /** The lists may have changed since. */
  'release what was looked at': async (world: SimulatedWorld) => {
    const { objects, checker, seenBrake } = world
    if (!seenBrake) return
    world.wasOperated = true
    // Judge each list by itself.
    for (const list of seenBrake) {
      const now = readShown(world)?.find(({ digest }) => digest === list.digest)
      checker.brake.noteRelease(list.held, now?.held)
      if (now) checker.noteReleasedItems(now.items)
      const contents = readHeldContents(world).find(({ digest }) => digest === list.digest)
      if (contents) checker.permissionSets.noteRelease(contents.name, contents.etag)
      const { outcome } = await releaseList(objects.as('operator'), list.digest, 'operator')
      if (outcome === 'released' || outcome === 'released-contents') checker.told.noteAct('brake-released', 'operator')
      const isShown = readShown(world)?.some(({ digest }) => digest === list.digest) === true
      if (isShown && outcome === 'other-list') checker.others.noteRefusedRelease(list.digest)
    }
  },
  'delete control/brake.json': disturbing((world) => {
    world.wasDisturbed = true
    world.checker.brake.noteForgotten()
    world.checker.told.forgetReleases()
    void world.objects.as('operator').delete('control/brake.json')
  }),
  /** Well-formed links of unknown groups. */
  'upload twenty useless links': ({ objects }: SimulatedWorld) => {
    for (let nth = 0; nth < 20; nth++)
      void objects.as('someone').put(`links_data/root%all%First-ps%unknown ${nth}%GROUP%ssofile`, '')
  },
  pause: (world: SimulatedWorld) => {
    world.wasOperated = true
    const ports = { objects: world.objects.as('operator'), clock: world.clock }
    const isPaused = world.keys('control/pause.json').length > 0
    if (!isPaused) world.checker.told.noteAct('paused', 'operator')
    return pauseChanges(ports, { reason: 'an operator looks', by: 'operator' })
  },
  resume,
}

export function resume(world: SimulatedWorld) {
  world.wasOperated = true
  if (world.keys('control/pause.json').length > 0) world.checker.told.noteAct('resumed', 'operator')
  return resumeChanges({ objects: world.objects.as('operator'), clock: world.clock }, 'operator')
}

/** A release in force for which the dispatcher has not sent hints yet. */
export function hasNewRelease(world: SimulatedWorld): boolean {
  const { releases } = world.readJson('control/brake.json') ?? {}
  const sinceMs = world.clock.now().getTime() - 3_600_000
  return Array.isArray(releases) && releases.some(({ hinted, at }) => !hinted && Date.parse(at) > sinceMs)
}

export type ShownList = { readonly digest: string; readonly held: readonly string[]; readonly items: readonly string[] }

/** The output of `ssofile brake`. `undefined`: nothing is held. A held file of a permission set is a list without assignments. */
export function readShown(world: SimulatedWorld): readonly ShownList[] | undefined {
  const shown = heldLists(world).map(
    (list): ShownList => ({ digest: digestOf(list), held: [...list.held], items: [...(list.items ?? [])] }),
  )
  const all = [...shown, ...readHeldContents(world).map(({ digest }) => ({ digest, held: [], items: [] }))]
  return all.length === 0 ? undefined : all
}

type HeldList = Parameters<typeof digestOf>[0]

/** The lists of the brake with all their names, also of those that stand in parts. */
export function heldLists(world: SimulatedWorld): readonly HeldList[] {
  const { lists } = world.readJson('control/brake.json') ?? {}
  if (!Array.isArray(lists)) return []
  const namesOf = (names: readonly string[], parts?: readonly string[]) =>
    parts?.flatMap((key) => world.readJson(key)?.names ?? []) ?? names
  return lists.map(({ held, heldIn, items, itemsIn, ...list }) => ({
    ...list,
    held: namesOf(held, heldIn),
    items: namesOf(items, itemsIn),
  }))
}

/** The held files of permission sets. */
export function readHeldContents(world: SimulatedWorld): readonly HeldFile[] {
  const { contents } = world.readJson('control/brake.json') ?? {}
  if (!Array.isArray(contents)) return []
  return contents.map(({ digest, name, etag }) => ({ digest: String(digest), name: String(name), etag: String(etag) }))
}
type HeldFile = { readonly digest: string; readonly name: string; readonly etag: string }
