import { describe, expect, test } from '@jest/globals'
import { exitCodeOf, runAcceptance, SkippedStep, type Step, type StepResult } from './acceptance.ts'
import { compareFacts, type Facts } from './facts.ts'

/** Changes in a list, and what is undone of them in `ran`. */
function rememberChanges(ran: string[]) {
  const made: string[] = []
  return {
    make: (what: string) => void made.push(what),
    beginStep: () => made.length,
    undoSince: async (count: number) => {
      while (made.length > count) ran.push(`undo ${made.pop()}`)
    },
    describeInputs: async () => ["links_data/x is 'failed'; AccessDenied; give it the right"],
  }
}
type Remembering = ReturnType<typeof rememberChanges>

const step = (name: string, run: Step<Remembering>['run'] = async () => {}): Step<Remembering> => ({ name, run })
const fail = async () => {
  throw new Error('no access')
}
const monotonicMs = () => 0
const outcomesOf = (results: readonly StepResult[]) => results.map((one) => [one.step, one.outcome, one.reason])

describe('an acceptance', () => {
  test('runs every step, whatever became of the others, and undoes what each one made', async () => {
    const ran: string[] = []
    const making = (name: string, run = async () => {}) =>
      step(name, async ({ make }) => {
        ran.push(name)
        make(name)
        await run()
      })
    const skip = async () => {
      throw new SkippedStep('no rights here')
    }
    const steps = [making('one'), making('two', fail), making('three', skip)]
    const results = await runAcceptance({ context: rememberChanges(ran), steps, monotonicMs })
    expect(ran).toEqual(['one', 'undo one', 'two', 'undo two', 'three', 'undo three'])
    expect(outcomesOf(results)).toEqual([
      ['one', 'passed', undefined],
      ['two', 'failed', 'no access'],
      ['three', 'skipped', 'no rights here'],
      ['clean up', 'passed', undefined],
    ])
  })

  test('keeps the facts of a step that fails later, and tells the last status of its inputs', async () => {
    const noted: Facts[] = []
    const life = step('life', async (_, note) => {
      note({ createMs: 900 })
      note({ createListingLagMs: 40 })
      await fail()
    })
    const onFacts = (facts: Facts) => void noted.push(facts)
    const [result] = await runAcceptance({ context: rememberChanges([]), steps: [life], onFacts, monotonicMs })
    expect(noted).toEqual([{ createMs: 900 }, { createListingLagMs: 40 }])
    expect(result).toMatchObject({
      outcome: 'failed',
      facts: { createMs: 900, createListingLagMs: 40 },
      statuses: ["links_data/x is 'failed'; AccessDenied; give it the right"],
    })
  })

  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
  ])('skips a step that has noted %s as a fact, and keeps its other facts', async (_, value) => {
    const noted: Facts[] = []
    const sixteen = step('sixteen', async (_, note) => {
      note({ accounts: 16 })
      note({ sixteenthCode: value, sixteenthText: value })
    })
    const onFacts = (facts: Facts) => void noted.push(facts)
    const results = await runAcceptance({ context: rememberChanges([]), steps: [sixteen], onFacts, monotonicMs })
    expect(outcomesOf(results)[0]).toEqual(['sixteen', 'skipped', 'not measured: sixteenthCode, sixteenthText'])
    expect([results[0]?.facts, noted]).toEqual([{ accounts: 16 }, [{ accounts: 16 }]])
    expect(exitCodeOf(results)).toBe(3)
  })

  test.each([
    ['0 when every step passed', [], 0],
    ['3 when nothing failed, and a step was skipped', ['skipped'], 3],
    ['1 when a step failed, whatever was skipped', ['skipped', 'failed'], 1],
  ] as const)('ends with exit code %s', (_, outcomes, exitCode) => {
    const results = ['passed' as const, ...outcomes].map((outcome) => ({ step: 'one', outcome, seconds: 0, facts: {} }))
    expect(exitCodeOf(results)).toBe(exitCode)
  })

  test('stops when the step that all others need fails, and keeps until the end what it made', async () => {
    const ran: string[] = []
    const grant = (run: () => Promise<void>): Step<Remembering> => ({
      ...step('grant', async ({ make }) => {
        make('the access')
        await run()
      }),
      isBasis: true,
    })
    const later = step('later', async () => void ran.push('later'))
    const run = (first: Step<Remembering>) =>
      runAcceptance({ context: rememberChanges(ran), steps: [first, later, later], monotonicMs })
    await run(grant(async () => {}))
    expect(ran.splice(0)).toEqual(['later', 'later', 'undo the access'])
    expect(outcomesOf(await run(grant(fail)))).toEqual([
      ['grant', 'failed', 'no access'],
      ['the other steps', 'skipped', "2 not tried: they need what 'grant' makes"],
      ['clean up', 'passed', undefined],
    ])
    expect(ran).toEqual(['undo the access'])
  })

  test('ends at a signal, and undoes everything', async () => {
    const ran: string[] = []
    const controller = new AbortController()
    const { signal } = controller
    const pause = step('pause', async ({ make }) => {
      make('the pause')
      controller.abort('SIGTERM came')
      signal.throwIfAborted()
    })
    const results = await runAcceptance({ context: rememberChanges(ran), steps: [pause, pause], signal, monotonicMs })
    expect(outcomesOf(results)).toEqual([
      ['pause', 'failed', 'SIGTERM came'],
      ['the other steps', 'skipped', '1 not tried: SIGTERM came'],
      ['clean up', 'passed', undefined],
    ])
    expect(ran).toEqual(['undo the pause'])
  })

  test('that cannot undo what a step made has failed', async () => {
    const undoSince = async () => {
      throw new Error('left behind: a permission set')
    }
    const [first] = await runAcceptance({
      context: { ...rememberChanges([]), undoSince },
      steps: [step('one')],
      monotonicMs,
    })
    expect(first).toMatchObject({ outcome: 'failed', reason: 'left behind: a permission set' })
  })
})

test('facts of two runs differ by what AWS said, and neither by ids, names and accounts nor by how long it took', () => {
  const measured = {
    createMs: 900,
    code: 'ConflictException',
    text: 'PermissionSet with name acc-m1-errors already exists.',
    reason: 'the GROUP assignee 9959fa55-8421-4053-a299-ad074ee8c532 was not found in directory d-9067a1b2c3.',
    onlyOnAws: true,
  }
  const models = {
    createMs: 3,
    code: 'ThrottlingException',
    text: 'PermissionSet with name acc-z9-errors already exists.',
    reason: 'the GROUP assignee 11111111-8421-4053-a299-ad074ee8c532 was not found in directory d-1111111111.',
  }
  expect(compareFacts(measured, models)).toEqual([
    { fact: 'code', measured: 'ConflictException', models: 'ThrottlingException' },
  ])
})
