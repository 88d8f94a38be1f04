import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type Act, deletionAct, removalAct, revocationAct, suspensionAct } from '../../../../shared/domain/brake/act.ts'
import { type BrakeRecord, type BrakeWindow, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { judgeAct } from '../../../../shared/domain/brake/judge-act.ts'
import { findBaselessRemoval, judgeRemoval } from '../../../../shared/domain/brake/judge-membership.ts'
import { findBaseless, judgeRevocation } from '../../../../shared/domain/brake/judge-revocation.ts'
import { judgeDeletion, judgeSuspension } from '../../../../shared/domain/brake/judge-suspension.ts'
import { pruneBrake, releaseHeld } from '../../../../shared/domain/brake/releases.ts'
import { type BrakeTerms, noteBase } from '../../../../shared/domain/brake/windows.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'

const limits = {
  ...defaultConfiguration.brake,
  own: { count: 1, percent: 10, minutes: 15 },
  indirect: { count: 1, percent: 10, most: 2, hours: 24 },
  people: { count: 1, minutes: 15 },
}

type Verdict = { readonly brake: BrakeRecord; readonly passes: boolean }
type Judging = {
  readonly act: Act
  readonly judge: (brake: BrakeRecord, terms: BrakeTerms) => Verdict
  readonly findBaseless: (brake: BrakeRecord, terms: BrakeTerms) => readonly BrakeWindow[]
}

const user = fc
  .constantFrom(1, 2, 3)
  .map((nth) => principalId.parse(`11111111-1111-4111-8111-${String(nth).padStart(12, '0')}`))
const person = fc.record({ user, by: fc.constantFrom('ana', undefined) })
const folder = fc.constantFrom('a/', 'b/', '')
const cause = fc.constantFrom(
  undefined,
  { cause: 'principal' as const, name: 'GROUP/renamed' },
  { cause: 'configuration' as const },
)
const revocation = fc
  .record({
    user,
    set: fc.constantFrom('A-ps', 'B-ps'),
    folders: fc.uniqueArray(folder, { maxLength: 2 }),
    cause,
    suspended: fc.constantFrom(undefined, undefined, 'admitted' as const, 'by ana' as const),
    isEnded: fc.boolean(),
  })
  .map(({ user: of, set, folders, suspended, ...rest }): Judging => {
    const one = {
      ...rest,
      key: assignmentKey.parse(`account%200000000001%${set}%${of}%USER%ssofile`),
      links: folders.map((name) => `links_data/${name}root%all%${set}%${of}%USER%ssofile`),
      suspended: suspended === 'by ana' ? { user: of, by: 'ana' } : suspended,
    }
    return {
      act: revocationAct(one),
      judge: (brake, terms) => judgeRevocation(brake, one, terms),
      findBaseless: (brake, terms) => findBaseless(brake, one, terms),
    }
  })
const removal = fc
  .record({
    item: fc.constantFrom('team%ann', 'team%ben', 'team%eve', 'other%ann'),
    folders: fc.uniqueArray(fc.constantFrom(undefined, 'a', 'b'), { maxLength: 2 }),
    ruleOf: fc.constantFrom(undefined, 'team'),
    isEnded: fc.boolean(),
  })
  .map(
    (one): Judging => ({
      act: removalAct(one),
      judge: (brake, terms) => judgeRemoval(brake, one, terms),
      findBaseless: (brake, terms) => findBaselessRemoval(brake, one, terms),
    }),
  )
const suspension = person.map(
  (one): Judging => ({
    act: suspensionAct(one),
    judge: (brake, terms) => judgeSuspension(brake, one, terms),
    findBaseless: () => [],
  }),
)
const deletion = user.map(
  (one): Judging => ({
    act: deletionAct(one),
    judge: (brake, terms) => judgeDeletion(brake, one, terms),
    findBaseless: () => [],
  }),
)
const move = fc.oneof(
  { weight: 4, arbitrary: revocation },
  { weight: 3, arbitrary: removal },
  { weight: 2, arbitrary: suspension },
  { weight: 1, arbitrary: deletion },
  { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(3, 16, 70) }) },
  { weight: 1, arbitrary: fc.record({ release: fc.nat(4) }) },
)

test('one judgement of all acts says what the judgement of each kind says, and writes the same', () => {
  const seen = new Map<string, number>()
  const see = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  fc.assert(
    fc.property(fc.array(move, { maxLength: 25 }), fc.nat(25), (moves, base) => {
      let minute = 0
      let brake: BrakeRecord = emptyBrake
      for (const one of moves) {
        const terms = { limits, now: new Date(Date.UTC(2026, 2, 3, 10, minute)) }
        if ('wait' in one) {
          minute += one.wait
          brake = pruneBrake(brake, terms)
        } else if ('release' in one) {
          const list = brake.lists[one.release]
          if (list) brake = releaseHeld(brake, list, { at: terms.now, digest: `d${minute}`, by: 'me' })
        } else {
          const windows = one.findBaseless(brake, terms)
          const first = judgeAct(brake, one.act, terms)
          expect(first.is === 'unmeasured' ? first.baseless : []).toEqual(windows)
          for (const window of windows) brake = noteBase(brake, window, base, terms)
          const old = one.judge(brake, terms)
          const judged = judgeAct(brake, one.act, terms)
          see(`${one.act.rule} ${judged.is}`)
          expect(judged.is).toBe(old.passes ? 'passes' : 'held')
          expect(withoutZero(judged.brake)).toEqual(withoutZero(old.brake))
          if (judged.is === 'held') expect(judged.brake.lists).toContain(judged.list)
          brake = old.brake
        }
      }
    }),
    { numRuns: 3_000 },
  )
  expect([...seen.keys()].sort()).toEqual(
    ['own', 'indirect', 'memberships', 'people'].flatMap((rule) => [`${rule} held`, `${rule} passes`]).sort(),
  )
})

/** A window of people needs no base: the new one says that it is 0. */
function withoutZero({ windows, ...rest }: BrakeRecord) {
  return {
    ...rest,
    windows: windows.map(({ base, ...window }) => ({ ...window, base: window.rule === 'people' ? undefined : base })),
  }
}
