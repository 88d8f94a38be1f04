import type { Part } from './kinds/part.ts'
import { type PartName, parts } from './kinds/parts.ts'

const withLives = Object.entries<Part>(parts).flatMap(([name, { lives }]) => (lives ? [name as PartName] : []))

/** What most of a life is about. Each part with lives of its own is a profile. */
export const profiles = ['brake', 'hostile', 'requests', 'losses', ...withLives] as const
export type Profile = (typeof profiles)[number]

/** Settings that all lives of this profile have. */
export function settingsOf(profile: Profile | undefined): NonNullable<Part['settings']> {
  return partOf(profile)?.settings ?? {}
}

/** `undefined`: the profile is not that of a part. */
export function partOf(profile: Profile | undefined): Part | undefined {
  return Object.entries<Part>(parts).find(([name]) => name === profile)?.[1]
}
