import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { runsOf } from '../../../depth.ts'
import { departments, groupNames, MixedDirectory, type Source, type Step, userNames } from './mixed-directory.ts'

const group = fc.constantFrom(...groupNames)
const user = fc.constantFrom(...userNames)
const department = fc.constantFrom(...departments)
const source = fc.constantFrom<Source>('absent', 'own', 'own', 'provider')
const folder = fc.constantFrom('', 'team-a/', 'team-b/')
const one = <const T extends string>(name: T) => fc.constant(name)

const onGroup = fc.record({ do: fc.constantFrom('group', 'group', 'no group', 'no rule'), group })
const member = fc.record({ do: fc.constantFrom('member', 'member', 'no member'), group, user, folder })
const rule = fc.record({
  do: one('rule'),
  group,
  department: fc.oneof({ weight: 4, arbitrary: department }, one('not valid')),
})
const person = fc.record({ do: one('person'), user, department, isDeleted: fc.boolean() })
const onUser = fc.record({
  do: fc.constantFrom('no person', 'suspend', 'restore', 'disable', 'enable', 'rename', 'provide'),
  user,
})
const move = fc.record({ do: one('move'), user, department })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: onGroup },
  { weight: 4, arbitrary: member },
  { weight: 3, arbitrary: rule },
  { weight: 4, arbitrary: person },
  { weight: 5, arbitrary: onUser },
  { weight: 3, arbitrary: move },
  { weight: 1, arbitrary: fc.record({ do: one('provide group'), group }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'hour' }, { do: 'release' }) },
)
/** The user is asked for by a file and a rule, of which one goes. */
const asked = fc
  .tuple(member, rule, fc.constantFrom('no member', 'no rule', 'not valid'))
  .map(([{ group, user, folder }, { department }, ends]): Step[] => {
    const means = department === 'not valid' ? 'Web' : department
    const last: Record<typeof ends, Step> = {
      'no member': { do: 'no member', group, user, folder },
      'no rule': { do: 'no rule', group },
      'not valid': { do: 'rule', group, department: 'not valid' },
    }
    const both: Step[] = [
      { do: 'member', group, user, folder },
      { do: 'rule', group, department: means },
    ]
    return [...both, { do: 'move', user, department: means }, last[ends], { do: 'no member', group, user, folder }]
  })
/** What follows from an end takes a while, and is seldom drawn as it comes. */
const ended = person.map((drawn): Step[] => [drawn, { do: 'no person', user: drawn.user }, { do: 'hour' }])
const regrouped = group.map((drawn): Step[] => [
  { do: 'group', group: drawn },
  { do: 'no group', group: drawn },
])
const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: step.map((drawn) => [drawn]) },
      { weight: 3, arbitrary: asked },
      { weight: 1, arbitrary: ended },
      { weight: 2, arbitrary: regrouped },
    ),
    { minLength: 20, maxLength: 35 },
  )
  .map((drawn) => drawn.flat())

test('whatever lies there: nothing of a provider is written, nobody is taken out whom something asks for, and nobody is taken over or deleted unless governance and a file say so', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('https://scim.aws.com/abc', 'https://other.example', 'https://other.example'),
      fc.tuple(source, source),
      fc.array(fc.tuple(source, department), { minLength: userNames.length, maxLength: userNames.length }),
      steps,
      async (issuer, groups, users, drawn) => {
        const life = new MixedDirectory(issuer)
        await life.fill(groups, users)
        for (const name of groupNames) await life.perform({ do: 'group', group: name })
        for (const next of drawn) await life.perform(next)
        await life.perform({ do: 'hour' })
        expect(life.violations).toEqual([])
        for (const write of life.writes) seen.add(write)
      },
    ),
    { numRuns: Number(process.env.MIXED_DIRECTORIES ?? runsOf(15)), seed: 5 },
  )
  expect([...seen].toSorted()).toEqual([
    ...['createGroup', 'createGroupMembership', 'createPerson', 'deleteGroup', 'deleteGroupMembership'],
    ...['deleteUser', 'updatePerson'],
  ])
}, 600_000)
