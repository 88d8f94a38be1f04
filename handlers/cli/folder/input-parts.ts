import type { Kind, Writers } from '../../../shared/domain/inputs/kind.ts'
import { allKinds, kindAt, kindOf, placesOf } from '../../../shared/domain/inputs/kinds.ts'

const writersOf = {
  access: ['uploaders', 'permissionSetUploaders'],
  memberships: ['memberships'],
  governance: ['governance'],
  people: ['people'],
  credentials: ['accountOwners'],
} as const satisfies Readonly<Record<string, readonly Writers[]>>
export type InputPart = keyof typeof writersOf

/** The places with files that people push and pull. Without a part: all of them. */
export function pushedPlaces(part?: InputPart): readonly string[] {
  return placesOf((kind) => kind.isPushed === true && isOfParts(kind, part === undefined ? [] : [part]))
}

/** The places in which ssofile can restore an earlier state: all except those of requests and approvals, which only their authors write. */
export function restoredPlaces(...parts: readonly InputPart[]): readonly string[] {
  return placesOf((kind) => kind.writers !== 'oneself' && isOfParts(kind, parts))
}

function isOfParts({ writers }: Kind, parts: readonly InputPart[]): boolean {
  return parts.length === 0 || parts.flatMap((part): readonly Writers[] => writersOf[part]).includes(writers)
}

/** By the table of kinds: pushes ask several times about each of 100,000 keys. */
const governedPlaces = new WeakMap<readonly Kind[], readonly string[]>()

/** Whether the key is in a place that is not for links, memberships or permission sets. The file need not have any effect. */
export function isGoverned(key: string): boolean {
  const places = governedPlaces.get(allKinds()) ?? restoredPlaces('governance', 'people', 'credentials')
  governedPlaces.set(allKinds(), places)
  return places.some((place) => key.startsWith(place))
}

/** Whether the file keeps an empty folder in git. */
export const isKeeper = (key: string) => key.endsWith('/.gitkeep')

/** Whether the file has no effect, such as a README beside the policies, or `.gitkeep`. */
export function isUnused(key: string): boolean {
  return isKeeper(key) || (isGoverned(key) && (kindAt(key) === undefined || kindOf(key) === undefined))
}
