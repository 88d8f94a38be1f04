import { attributes } from './attributes/part.ts'
import { core } from './core/part.ts'
import { credentials } from './credentials/part.ts'
import { governance } from './governance/part.ts'
import { groups } from './groups/part.ts'
import type { KindName, LivedKind, Part } from './part.ts'
import { people } from './people/part.ts'
import { requests } from './requests/part.ts'
import { reviews } from './reviews/part.ts'

/** One line for each part. */
export const parts = { core, people, groups, attributes, governance, requests, reviews, credentials } as const

export type PartName = keyof typeof parts

export const allParts: readonly Part[] = Object.values(parts)

/** The kinds of all parts. */
export const livedKinds: ReadonlyMap<KindName, LivedKind> = new Map(
  allParts.flatMap(({ kinds }) => Object.entries(kinds) as [KindName, LivedKind][]),
)
