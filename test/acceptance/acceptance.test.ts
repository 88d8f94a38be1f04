import { describe, expect, test } from '@jest/globals'
import { runAcceptance, SkippedStep } from './acceptance.ts'
import { compareFacts } from './facts.ts'

describe('an acceptance', () => {
  test('runs every step, whatever became of the others, and cleans up last', async () => {
    const ran: string[] = []
    const step = (name: string, end?: () => never) => ({
      name,
      run: async () => {
        ran.push(name)
        end?.()
        return { [name]: 1 }
      },
    })
    const fail = () => {
      throw new Error('no access')
    }
    const skip = () => {
      throw new SkippedStep('no rights here')
    }
    const results = await runAcceptance({
      context: {},
      steps: [step('one'), step('two', fail), step('three', skip), step('four')],
      cleanUp: async () => void ran.push('clean up'),
      monotonicMs: () => 0,
    })
    expect(ran).toEqual(['one', 'two', 'three', 'four', 'clean up'])
    expect(results.map(({ step: name, outcome, reason }) => [name, outcome, reason])).toEqual([
      ['one', 'passed', undefined],
      ['two', 'failed', 'no access'],
      ['three', 'skipped', 'no rights here'],
      ['four', 'passed', undefined],
      ['clean up', 'passed', undefined],
    ])
  })

  test('that cannot clean up has failed', async () => {
    const cleanUp = async () => {
      throw new Error('left behind: a permission set')
    }
    const [last] = await runAcceptance({ context: {}, steps: [], cleanUp, monotonicMs: () => 0 })
    expect(last).toMatchObject({ step: 'clean up', outcome: 'failed', reason: 'left behind: a permission set' })
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
