import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignment.ts'
import { type BrakeRecord, emptyBrake } from '../../../../shared/domain/brake.ts'
import { brakeFile, brakeKey, digestOf, releaseList } from '../../../../shared/reconcile/brake/brake-file.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const keyOf = (group: string) => assignmentKey.parse(`account%233000000002%Billing-ps%${group}%GROUP%ssofile`)
const held = [keyOf('a'), keyOf('b')]
const since = '2026-03-03T10:00:00.000Z'
const hold = {
  rule: 'own' as const,
  folder: 'team-a',
  since,
  passed: 20,
  base: 100,
  limit: 20,
  minutes: 15,
  items: ['x', 'y'],
}

async function open(record: Partial<BrakeRecord> = {}) {
  const world = new World()
  await brakeFile(world.objects).write({ ...emptyBrake, held, holds: [hold], ...record }, undefined)
  return world
}

describe('control/brake.json', () => {
  test('says first what a person looks for: the list, and the rule that held first', async () => {
    const world = await open()
    const file = await world.json(brakeKey)
    expect(Object.keys(file ?? {}).slice(0, 7)).toEqual(['v', 'digest', 'rule', 'folder', 'figure', 'limit', 'since'])
    expect(file).toMatchObject({
      v: 1,
      digest: digestOf(held),
      rule: 'own',
      folder: 'team-a',
      figure: 22,
      limit: 20,
      since,
    })
    expect((await brakeFile(world.objects).read())?.value).toEqual({ ...emptyBrake, held, holds: [hold] })
  })

  test('says no folder where the rule has none, and nothing where nothing is held', async () => {
    const { folder: _, ...rest } = hold
    const rules: readonly [Partial<BrakeRecord>, readonly string[]][] = [
      [{ holds: [rest] }, ['v', 'digest', 'rule', 'figure', 'limit', 'since']],
      [{ holds: [] }, ['v', 'digest']],
      [{ held: [] }, ['v']],
      [{ held: [], holds: [] }, ['v']],
    ]
    for (const [record, fields] of rules) {
      const file = await (await open(record)).json(brakeKey)
      expect(Object.keys(file ?? {}).filter((field) => !(field in emptyBrake))).toEqual(fields)
    }
  })

  test('names a list by sixteen digits of its digest, line by line', () => {
    expect(digestOf(held)).toBe(createHash('sha256').update(`${held[0]}\n${held[1]}`).digest('hex').slice(0, 16))
  })

  test('is not there before anything was counted, and is written once, then only over what was read', async () => {
    const { objects } = new World()
    expect(await brakeFile(objects).read()).toBeUndefined()
    const first = await brakeFile(objects).write(emptyBrake, undefined)
    if (first.outcome === 'lost') throw new Error('nobody else writes here')
    expect((await brakeFile(objects).write(emptyBrake, undefined)).outcome).toBe('lost')
    expect((await brakeFile(objects).write({ ...emptyBrake, held }, first.etag)).outcome).toBe('written')
    expect((await brakeFile(objects).write(emptyBrake, first.etag)).outcome).toBe('lost')
  })
})

describe('a release', () => {
  test('is of exactly the list of its digest', async () => {
    const world = await open()
    expect(await releaseList(world.objects, digestOf(held), 'me')).toEqual({ outcome: 'released', keys: held })
    expect((await brakeFile(world.objects).read())?.value).toMatchObject({
      held: [],
      releases: [{ by: 'me', keys: held }],
    })
  })

  test.each([
    ['another list', {}, 'ffffffffffffffff'],
    ['a list that is empty', { held: [] }, digestOf([])],
  ])('of %s is none', async (_, record, digest) => {
    const world = await open(record)
    expect(await releaseList(world.objects, digest, 'me')).toMatchObject({ outcome: 'other-list' })
    expect((await brakeFile(world.objects).read())?.value.releases).toEqual([])
  })

  test('is none where nothing was ever counted', async () => {
    const { objects } = new World()
    expect(await releaseList(objects, digestOf([]), 'me')).toEqual({ outcome: 'other-list', record: emptyBrake })
  })

  test('that was given before says when, and by whom', async () => {
    const world = await open()
    await releaseList(world.objects, digestOf(held), 'me')
    const at = (await brakeFile(world.objects).read())?.value.releases[0]?.at
    expect(await releaseList(world.objects, digestOf(held), 'you')).toMatchObject({
      outcome: 'released-before',
      at,
      by: 'me',
    })
  })

  test('does not release what has come onto the list while it was given', async () => {
    const world = await open()
    let isFirst = true
    const { objects } = intercept(world.ports, async ({ operation, proceed }) => {
      if (operation === 'put' && isFirst) {
        isFirst = false
        const etag = (await world.objects.head(brakeKey))?.etag
        await brakeFile(world.objects).write({ ...emptyBrake, held: [...held, keyOf('c')], holds: [hold] }, etag)
      }
      return proceed()
    })
    expect(await releaseList(objects, digestOf(held), 'me')).toMatchObject({ outcome: 'other-list' })
    expect((await brakeFile(world.objects).read())?.value.held).toHaveLength(3)
  })
})
