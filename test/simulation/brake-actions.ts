import * as fc from 'fast-check'
import { releaseList } from '../../shared/reconcile/brake/brake-file.ts'
import { keysOfHonest } from './hostile-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

const folders = ['', 'folder-a/'] as const

/** What makes the brake act, and what operators do about it. */
export type BrakeAction =
  | { readonly do: 'delete all links of a folder'; readonly folder: (typeof folders)[number] }
  | { readonly do: 'move all accounts of a unit'; readonly from: string; readonly to: string }
  /** The operator notes the lists and their digests. */
  | { readonly do: 'look at the brake' }
  /** Maybe other lists by now. */
  | { readonly do: 'release what was looked at' }
  | { readonly do: 'delete control/brake.json' }
  /** Well-formed, of groups that nobody knows. */
  | { readonly do: 'upload forty useless links' }

const units = ['ou-sim0-11111111', 'ou-sim0-22222222', 'ou-sim0-33333333'] as const

export const brakeActions: readonly fc.WeightedArbitrary<BrakeAction>[] = [
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delete all links of a folder' as const),
      folder: fc.constantFrom(...folders),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('move all accounts of a unit' as const),
      from: fc.constantFrom(...units),
      to: fc.constantFrom(...units),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'look at the brake' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'release what was looked at' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'delete control/brake.json' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'upload forty useless links' as const }) },
]

export async function actOnBrake(action: BrakeAction, world: SimulatedWorld): Promise<void> {
  const { objects, checker } = world
  switch (action.do) {
    case 'delete all links of a folder': {
      // Nobody but ssofile may write temporary access.
      const isIn = (key: string) =>
        key.startsWith('links_data/folder-a/') === (action.folder === 'folder-a/') &&
        !key.startsWith('links_data/temporary/')
      for (const key of keysOfHonest(world).filter(isIn)) void objects.as('someone').delete(key)
      return
    }
    case 'move all accounts of a unit':
      return moveAll(action, world)
    case 'look at the brake':
      world.seenBrake = readShown(world)
      return
    case 'release what was looked at': {
      const { seenBrake } = world
      if (!seenBrake) return
      world.wasOperated = true
      // Each list for itself, whatever became of the others.
      for (const list of seenBrake) {
        const now = readShown(world)?.find(({ digest }) => digest === list.digest)
        checker.noteRelease(list.held, now?.held)
        const contents = readHeldContents(world).find(({ digest }) => digest === list.digest)
        if (contents) checker.noteReleasedContents(contents.name, contents.etag)
        const { outcome } = await releaseList(objects.as('operator'), list.digest, 'operator')
        const isShown = readShown(world)?.some(({ digest }) => digest === list.digest) === true
        checker.noteRefusedRelease(list.digest, isShown && outcome === 'other-list')
      }
      return
    }
    case 'delete control/brake.json':
      world.wasDisturbed = true
      checker.noteForgottenBrake()
      return void objects.as('operator').delete('control/brake.json')
    case 'upload forty useless links':
      for (let nth = 0; nth < 40; nth++)
        void objects.as('someone').put(`links_data/root%all%First-ps%unknown ${nth}%GROUP%ssofile`, '')
      return
    default:
      return action satisfies never
  }
}

async function moveAll({ from, to }: { from: string; to: string }, world: SimulatedWorld): Promise<void> {
  const { organizations, checker } = world
  if (from === to) return
  const inUnit = organizations.accountsNow().filter(({ parents }) => parents.at(-1) === from)
  for (const { id } of inUnit) await organizations.moveAccount(id, from, to)
  checker.noteDesired()
}

/** A release in force whose keys the dispatcher has not hinted at yet. */
export function hasNewRelease(world: SimulatedWorld): boolean {
  const { releases } = world.readJson('control/brake.json') ?? {}
  const sinceMs = world.clock.now().getTime() - 3_600_000
  return Array.isArray(releases) && releases.some(({ hinted, at }) => !hinted && Date.parse(at) > sinceMs)
}

export type ShownList = { readonly digest: string; readonly held: readonly string[] }

/** What `ssofile brake` shows; `undefined`: nothing is held. The file of a permission set is a list without assignments. */
export function readShown(world: SimulatedWorld): readonly ShownList[] | undefined {
  const { lists } = world.readJson('control/brake.json') ?? {}
  const shown = Array.isArray(lists)
    ? lists.map(({ digest, held }): ShownList => ({ digest: String(digest), held: held.map(String) }))
    : []
  const all = [...shown, ...readHeldContents(world).map(({ digest }) => ({ digest, held: [] }))]
  return all.length === 0 ? undefined : all
}

/** The files of permission sets that are held. */
export function readHeldContents(world: SimulatedWorld): readonly HeldFile[] {
  const { contents } = world.readJson('control/brake.json') ?? {}
  if (!Array.isArray(contents)) return []
  return contents.map(({ digest, name, etag }) => ({ digest: String(digest), name: String(name), etag: String(etag) }))
}
type HeldFile = { readonly digest: string; readonly name: string; readonly etag: string }
