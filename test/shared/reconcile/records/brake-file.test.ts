import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type BrakeList, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { isReleased } from '../../../../shared/domain/brake/releases.ts'
import { brakeFile, brakeFileRecord, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const keyOf = (group: string) => assignmentKey.parse(`account%233000000002%Billing-ps%${group}%GROUP%ssofile`)
const held = [keyOf('a'), keyOf('b')]
const since = '2026-03-03T10:00:00.000Z'
const list: BrakeList = {
  rule: 'own',
  cause: 'folder',
  name: 'team-a',
  since,
  passed: 20,
  base: 100,
  limit: 20,
  minutes: 15,
  items: ['x', 'y'],
  held,
}
const other: BrakeList = { ...list, rule: 'indirect', cause: 'configuration', name: undefined, held: [keyOf('c')] }

async function open(lists: readonly BrakeList[] = [list, other]) {
  const world = new World()
  await brakeFile(world.objects).write({ ...emptyBrake, lists: [...lists] }, undefined)
  return world
}

describe('control/brake.json', () => {
  test('says of each list first what a person looks for, and the list itself', async () => {
    const world = await open()
    const { lists } = (await world.json(brakeFileRecord.at)) ?? {}
    const shown: readonly Record<string, unknown>[] = Array.isArray(lists) ? lists : []
    expect(shown.map((one) => Object.keys(one).slice(0, 7))).toEqual([
      ['digest', 'rule', 'cause', 'name', 'figure', 'limit', 'since'],
      ['digest', 'rule', 'cause', 'figure', 'limit', 'since', 'passed'],
    ])
    expect(shown[0]).toMatchObject({ digest: digestOf(list), rule: 'own', name: 'team-a', figure: 22, limit: 20, held })
    expect((await brakeFile(world.objects).read())?.value.lists).toEqual([list, other])
  })

  test('names a list by sixteen digits of the digest of its scope and keys, line by line', () => {
    const text = `own folder team-a\n${held[0]}\n${held[1]}`
    expect(digestOf(list)).toBe(createHash('sha256').update(text).digest('hex').slice(0, 16))
    expect(digestOf({ ...other, held })).not.toBe(digestOf(list))
  })

  test('is read with the releases of an older version, which have no rule and no items, and their keys count', async () => {
    const { objects } = new World()
    const release = { digest: '63d39feddad502ed', at: since, by: 'ana', hinted: false, keys: held, people: ['id-1'] }
    const older = { v: 1, lists: [], contents: [], retirements: [], windows: [], releases: [release] }
    await objects.put(brakeFileRecord.at, JSON.stringify(older))
    const { value } = (await brakeFile(objects).read()) ?? {}
    expect(value?.releases).toMatchObject([{ rule: 'own', keys: held, items: [] }])
    expect(value && isReleased(value, { key: keyOf('a') }, new Date(since))).toBe(true)
  })

  test('is not there before anything was counted, and is written once, then only over what was read', async () => {
    const { objects } = new World()
    expect(await brakeFile(objects).read()).toBeUndefined()
    const first = await brakeFile(objects).write(emptyBrake, undefined)
    if (first.outcome === 'lost') throw new Error('nobody else writes here')
    expect((await brakeFile(objects).write(emptyBrake, undefined)).outcome).toBe('lost')
    expect((await brakeFile(objects).write({ ...emptyBrake, lists: [list] }, first.etag)).outcome).toBe('written')
    expect((await brakeFile(objects).write(emptyBrake, first.etag)).outcome).toBe('lost')
  })
})

describe('a release', () => {
  test('is of exactly the list of its digest, and of no other', async () => {
    const world = await open()
    expect(await releaseList(world.objects, digestOf(list), 'me')).toMatchObject({
      outcome: 'released',
      list: { held },
    })
    expect((await brakeFile(world.objects).read())?.value).toMatchObject({
      lists: [{ rule: 'indirect', cause: 'configuration', held: other.held }],
      releases: [{ by: 'me', keys: held }],
    })
  })

  test('is of the list that was shown, whatever becomes of another one meanwhile', async () => {
    const world = await open()
    const shown = digestOf(list)
    const etag = (await world.objects.head(brakeFileRecord.at))?.etag
    const grown = { ...other, held: [...other.held, keyOf('d')] }
    await brakeFile(world.objects).write({ ...emptyBrake, lists: [list, grown] }, etag)
    expect(await releaseList(world.objects, shown, 'me')).toMatchObject({ outcome: 'released', list: { held } })
    expect((await brakeFile(world.objects).read())?.value.lists).toEqual([grown])
  })

  test('of another list is none', async () => {
    const world = await open()
    expect(await releaseList(world.objects, 'ffffffffffffffff', 'me')).toMatchObject({ outcome: 'other-list' })
    expect((await brakeFile(world.objects).read())?.value.releases).toEqual([])
  })

  test('is none where nothing was ever counted', async () => {
    const { objects } = new World()
    expect(await releaseList(objects, digestOf(list), 'me')).toEqual({ outcome: 'other-list', record: emptyBrake })
  })

  test('that was given before says when, and by whom', async () => {
    const world = await open()
    await releaseList(world.objects, digestOf(list), 'me')
    const at = (await brakeFile(world.objects).read())?.value.releases[0]?.at
    expect(await releaseList(world.objects, digestOf(list), 'you')).toMatchObject({
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
        const etag = (await world.objects.head(brakeFileRecord.at))?.etag
        await brakeFile(world.objects).write({ ...emptyBrake, lists: [{ ...list, held: [...held, keyOf('c')] }] }, etag)
      }
      return proceed()
    })
    expect(await releaseList(objects, digestOf(list), 'me')).toMatchObject({ outcome: 'other-list' })
    expect((await brakeFile(world.objects).read())?.value.lists[0]?.held).toHaveLength(3)
  })
})
