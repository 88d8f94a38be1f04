import { attributes } from './attributes/part.ts'
import { core } from './core/part.ts'
import { governance } from './governance/part.ts'
import { groups } from './groups/part.ts'
import type { KindName, LivedKind, Part } from './part.ts'
import { people } from './people/part.ts'
import { reviews } from './reviews/part.ts'

/** One line for each part. */
export const parts = { core, people, groups, attributes, governance, reviews } as const

/** These kinds have no life of their own yet. The list only shrinks, and is empty in the end (`kinds.test.ts`). */
export const kindsWithoutLife: readonly KindName[] = [
  ...(['permissionSet', 'request', 'approval'] as const),
  ...(['hygiene', 'retirement'] as const),
]

export type PartName = keyof typeof parts

export const allParts: readonly Part[] = Object.values(parts)

/** The kinds of all parts. */
export const livedKinds: ReadonlyMap<KindName, LivedKind> = new Map(
  allParts.flatMap(({ kinds }) => Object.entries(kinds) as [KindName, LivedKind][]),
)
