import { test } from '@jest/globals'

const { DEPTH = 'shallow' } = process.env

/**
 * How deep tests explore: `npm test` plays a few of a series, `DEPTH=deep npm test`, as CI runs it, many of them, and
 * `DEPTH=whole npm test` all. End-to-end tests of CI play few.
 */
export const isShallow = DEPTH === 'shallow'
export const isWhole = DEPTH === 'whole'

/**
 * How much of a long series is left out: a life is played again for each of so many calls at which its process may die. Odd, so that
 * what takes turns still does.
 */
export const stride = isWhole ? 1 : isShallow ? 31 : 21

/** How many of so many drawn cases are played: `npm test` plays a quarter, CI half. */
export const runsOf = (most: number): number => Math.ceil(most / (isWhole ? 1 : isShallow ? 4 : 2))

/** How many of something that comes in masses. */
export const massOf = (most: number): number => (isShallow ? Math.ceil(most / 5) : most)

/** Of a long list, by turns: so that a few of each kind are there. */
export const someOf = <T>(list: readonly T[], turn = 0): readonly T[] =>
  isShallow ? list.filter((_, index) => (index + turn) % 5 === 0) : list

/** The last of a list, where other tests have the others. `DEPTH=whole`: all. */
export const lastOf = <T>(list: readonly T[]): readonly T[] => (isWhole ? list : list.slice(-1))

/** A test that takes long, since it measures, waits or has many of something: CI runs it, `npm test` leaves it out. */
export function testInDepth(title: string, run: () => Promise<void> | void, timeoutMs?: number): void {
  // Skipped where it is shallow.
  const define = isShallow ? test.skip : test
  define(title, run, timeoutMs)
}
