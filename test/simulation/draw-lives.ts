import * as fc from 'fast-check'
import type { Action } from './action.ts'
import { callGroupNames, faultKinds } from './chaos.ts'
import { drawFiles } from './kinds/draw-files.ts'
import type { KindName } from './kinds/part.ts'
import { allLives, canonicalLives, hostileLives, livesOf, otherSteps } from './lives.ts'
import { derivedPlaces } from './misfortune-actions.ts'
import { type Profile, partOf, settingsOf } from './profiles.ts'
import { accounts, permissionSets, principals, selectorNames, units } from './small-world.ts'
import { type CanonicalLife, done, wait } from './steps.ts'
import { believedMs } from './time-actions.ts'
import type { WorldSettings } from './world-settings.ts'

export const settingsFor = (profile: Profile | undefined): fc.Arbitrary<WorldSettings> =>
  fc
    .record({
      // The duration of assignment requests: mostly moments, sometimes minutes for all, or hours for some.
      latencyP99Ms: fc.constantFrom(1_200, 1_200, 1_200, 20_000, 200_000, 600_000, 3_600_000),
      seed: fc.integer({ min: 0, max: 2 ** 30 }),
      outstanding: fc.constantFrom(1, 2, 15),
      provisionings: fc.constantFrom(1, 3),
      brakeCount: profile === 'brake' ? fc.constantFrom(1, 2) : fc.constantFrom(undefined, undefined, undefined, 1, 2),
      peopleCount: fc.constantFrom(undefined, undefined, 1, 2),
      mischief: fc.constantFrom('any', 'any', 'any', 'refusals', 'refusals', 'late'),
      // The most that listings may lag.
      readLagMs: fc.constantFrom(undefined, 10_000, 240_000),
      skewMs: fc.constantFrom(0, 0, 120_000),
    })
    .map(({ readLagMs, ...rest }) => ({
      ...rest,
      latencyMs: rest.latencyP99Ms === 200_000 ? 90_000 : 300,
      readLagMs: readLagMs && Math.min(readLagMs, believedMs - 2 * rest.skewMs),
      ...settingsOf(profile),
    }))

const link = fc
  .tuple(
    fc.constantFrom('', '', '', 'folder-a/'),
    fc.constantFrom(
      ...['root%all', 'account_tag%team^a', ...units.map((id) => `ou_id%${id}`)],
      ...accounts.slice(0, 3).map((id) => `account%${id}`),
      ...selectorNames.map((name) => `select%${name}`),
    ),
    // Mostly the same value, so that links overlap.
    fc.constantFrom('First-ps', 'First-ps', 'First-ps', ...permissionSets),
    fc.constantFrom('GROUP/team one', 'GROUP/team one', 'GROUP/team one', ...principals, 'GROUP/team-late'),
  )
  .map(([folder, scope, permissionSet, principal]) => {
    const [type, name] = principal.split('/')
    return `links_data/${folder}${scope}%${permissionSet}%${name}%${type}%ssofile`
  })

const upload = fc.record({
  do: fc.constant('upload a link' as const),
  key: link,
  body: fc.constantFrom('empty', 'empty', 'empty', 'reason', 'expired', 'malformed'),
})

const strike: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('strike calls' as const),
  kind: fc.constantFrom(...faultKinds),
  calls: fc.constantFrom(...callGroupNames),
  process: fc.constantFrom('dispatcher', 'dispatcher', 'handler', 'any'),
  skip: fc.nat(20),
  times: fc.constantFrom(1, 1, 2, 4, 9),
})

const message: fc.Arbitrary<Action> = fc.record({
  do: fc.constantFrom('lose the next event', 'repeat the next event', 'delay the next event'),
  skip: fc.nat(5),
})

const loss: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('lose records' as const),
  places: fc.constantFrom(...derivedPlaces).map((at) => [at]),
})

/** Steps of any life, and others that are worth drawing. */
const step: fc.Arbitrary<Action> = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(...distinct(allLives)) },
  { weight: 2, arbitrary: fc.constantFrom(...otherSteps) },
  { weight: 2, arbitrary: upload },
  { weight: 1, arbitrary: fc.nat(30).map((nth): Action => ({ do: 'delete a link', nth })) },
  { weight: 2, arbitrary: strike },
  { weight: 1, arbitrary: message },
  { weight: 1, arbitrary: loss },
  { weight: 3, arbitrary: drawFiles() },
)

function distinct(lives: readonly CanonicalLife[]): readonly Action[] {
  const steps = lives.flatMap(({ before = [], actions }) => [...before, ...actions])
  return [...new Map(steps.map((one) => [JSON.stringify(one), one])).values()]
}

/**
 * A canonical life, because it leads to where defects are: faster or slower, struck somewhere, and sometimes without a step. Each of its
 * steps is a separate action, so lives mix with each other and with everything else.
 */
function lived(lives: readonly CanonicalLife[]): fc.Arbitrary<readonly Action[]> {
  // A failure shrinks to fewer kept steps.
  const kept = fc.array(fc.nat(19), { minLength: 16, maxLength: 16 })
  // The pause between two steps, so that the next step meets running work.
  const pause = fc.constantFrom(30, 300, 1_000, 5_000, 20_000, 20_000, 70_000)
  return fc
    .tuple(fc.constantFrom(...lives), fc.array(fc.oneof(strike, strike, message), { maxLength: 1 }), pause, kept)
    .map(([{ before = [], actions }, struck, ms, isKept]) => {
      const begun = before.length > 0 ? [...before, done] : []
      const steps = [...begun, ...struck, ...actions]
      return steps.map((one) => (one === done ? wait(ms) : one)).filter((_, nth) => isKept[nth] !== 0)
    })
}

/** The same steps in other accounts, and with other objects. */
function elsewhere(part: fc.Arbitrary<readonly Action[]>): fc.Arbitrary<readonly Action[]> {
  return fc.tuple(part, fc.constantFrom(0, 0, 0, 1, 2, 3)).map(([steps, by]) => {
    const text = JSON.stringify(steps)
      .replaceAll(/(?<=20000000000)[1-4]/g, (nth) => String(((Number(nth) - 1 + by) % accounts.length) + 1))
      .replaceAll(/(?<="nth":)\d+/g, (nth) => String(Number(nth) + by))
    return JSON.parse(text)
  })
}

const stepsMost = 30

/** A mix of single steps and lives, at most `most` steps. One life in eight is mostly that of a hostile uploader. */
export function drawActions(most: number, profile: Profile | undefined): fc.Arbitrary<readonly Action[]> {
  const single = step.map((one): readonly Action[] => [one])
  const part = fc.oneof({ weight: 3, arbitrary: single }, { weight: 1, arbitrary: lived(canonicalLives) })
  const mostly = (lives: readonly CanonicalLife[]) =>
    partsOf(fc.oneof({ weight: 1, arbitrary: part }, { weight: 2, arbitrary: lived(lives) }), most)
  const ofPart = partOf(profile)
  if (ofPart) {
    const files = drawFiles(Object.keys(ofPart.kinds) as KindName[]).map((one): readonly Action[] => [one])
    const ofKinds = fc.oneof({ weight: 2, arbitrary: lived(livesOf(profile)) }, { weight: 1, arbitrary: files })
    return partsOf(fc.oneof({ weight: 1, arbitrary: part }, { weight: 3, arbitrary: ofKinds }), most)
  }
  if (profile === 'losses') {
    const lost = loss.map((one): readonly Action[] => [one])
    const mixed = fc.oneof({ weight: 1, arbitrary: part }, { weight: 1, arbitrary: lived(allLives) })
    return partsOf(fc.oneof({ weight: 2, arbitrary: mixed }, { weight: 1, arbitrary: lost }), most)
  }
  if (profile !== undefined && profile !== 'brake') return mostly(livesOf(profile))
  return fc.oneof({ weight: 7, arbitrary: partsOf(part, most) }, { weight: 1, arbitrary: mostly(hostileLives) })
}

function partsOf(part: fc.Arbitrary<readonly Action[]>, most: number): fc.Arbitrary<readonly Action[]> {
  return fc
    .array(elsewhere(part), { minLength: Math.min(most, 4), maxLength: Math.ceil(most / 2), size: 'max' })
    .map((parts) => parts.flat().slice(0, most))
}

/** The lives of a seed, without shrinking. */
export function drawLives(seed: number, runs: number, profile?: Profile) {
  return fc.sample(fc.tuple(settingsFor(profile), drawActions(stepsMost, profile)), { seed, numRuns: runs })
}
