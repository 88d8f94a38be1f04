import type { Kind, Writers } from '../../../shared/domain/inputs/kind.ts'
import { kindAt, kindOf, placesOf } from '../../../shared/domain/inputs/kinds.ts'

const writersOf = {
  access: ['uploaders', 'permissionSetUploaders'],
  memberships: ['memberships'],
  governance: ['governance'],
  people: ['people'],
  credentials: ['accountOwners'],
} as const satisfies Readonly<Record<string, readonly Writers[]>>
export type InputPart = keyof typeof writersOf

/** Where the files of a folder are that people push and pull; of one part, or of all. */
export function pushedPlaces(...parts: readonly InputPart[]): readonly string[] {
  return placesOf((kind) => kind.isPushed === true && isOfParts(kind, parts))
}

/** Where an earlier state can come back: everywhere but in the places of requests and approvals, which only their authors write. */
export function restoredPlaces(...parts: readonly InputPart[]): readonly string[] {
  return placesOf((kind) => kind.writers !== 'oneself' && isOfParts(kind, parts))
}

function isOfParts({ writers }: Kind, parts: readonly InputPart[]): boolean {
  return parts.length === 0 || parts.flatMap((part): readonly Writers[] => writersOf[part]).includes(writers)
}

/** In a place of neither links, nor memberships, nor permission sets, whether or not the file there counts. */
export function isGoverned(key: string): boolean {
  return restoredPlaces('governance', 'people', 'credentials').some((place) => key.startsWith(place))
}

/** A file that does not count, such as a README beside the policies. */
export function isUnused(key: string): boolean {
  return isGoverned(key) && (kindAt(key) === undefined || kindOf(key) === undefined)
}
