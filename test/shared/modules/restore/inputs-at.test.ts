import { describe, expect, test } from '@jest/globals'
import { restoredPlaces } from '../../../../handlers/cli/folder/input-parts.ts'
import { allKinds } from '../../../../shared/domain/inputs/kinds.ts'
import { suspensionPrefix } from '../../../../shared/domain/suspensions/suspension.ts'
import { findInputsAt } from '../../../../shared/modules/restore/inputs-at.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'
import { World } from '../../../world.ts'

const prefix = 'links_data/'

test('the inputs of an instant are those that were there then, with their content', async () => {
  const world = new World()
  const { objects, clock } = world
  objects.model.setVersioning('Enabled')
  for (const name of ['kept', 'changed', 'deleted', 'flapping']) await objects.put(prefix + name, 'old')
  await objects.put(`${prefix}gone`, 'old')
  await clock.advance(5_000)
  await objects.delete(`${prefix}gone`)
  await clock.advance(5_000)
  const at = clock.now()
  await clock.advance(5_000)
  await objects.put(`${prefix}changed`, 'new')
  await objects.delete(`${prefix}deleted`)
  await objects.delete(`${prefix}flapping`)
  await clock.advance(5_000)
  await objects.put(`${prefix}flapping`, 'old')
  await objects.put(`${prefix}added`, 'new')
  await objects.put(`${prefix}gone`, 'new')
  const versions = new MemoryObjectVersions(objects.model)
  const { uploads, deletions, same } = await findInputsAt(objects, versions, { places: [prefix], at })
  const told = uploads.map(({ key, body, over }) => [
    key.slice(prefix.length),
    String(Buffer.from(body)),
    over !== undefined,
  ])
  expect(told).toEqual([
    ['changed', 'old', true],
    ['deleted', 'old', false],
  ])
  expect(deletions.map(({ key }) => key)).toEqual([`${prefix}added`, `${prefix}gone`])
  expect(same.map(({ key }) => key)).toEqual([`${prefix}flapping`, `${prefix}kept`])
})

test('what was written since without versions is told: nobody knows what it was before, so it must not go', async () => {
  const world = new World()
  const { objects, clock } = world
  await objects.put(`${prefix}kept`, 'old')
  await objects.put(`${prefix}changed`, 'old')
  await clock.advance(5_000)
  const at = clock.now()
  await clock.advance(5_000)
  await objects.put(`${prefix}changed`, 'new')
  objects.model.setVersioning('Enabled')
  await clock.advance(5_000)
  await objects.put(`${prefix}changed`, 'newer')
  await objects.put(`${prefix}added`, 'new')
  const found = await findInputsAt(objects, new MemoryObjectVersions(objects.model), { places: [prefix], at })
  expect(found.unversioned.map(({ key }) => key)).toEqual([`${prefix}changed`])
  expect(found.same.map(({ key }) => key)).toEqual([`${prefix}kept`])
})

test('a file of each kind that people write for others comes back, and a new one goes, but no suspension', async () => {
  const world = new World()
  const { objects, clock } = world
  objects.model.setVersioning('Enabled')
  const names = (name: string) =>
    allKinds().map(({ at }) => (at.endsWith('/') ? `${at}${name}${at === suspensionPrefix ? '' : '.json'}` : at))
  for (const key of names('old')) await objects.put(key, 'old')
  await clock.advance(5_000)
  const at = clock.now()
  await clock.advance(5_000)
  for (const key of names('old')) await objects.delete(key)
  for (const key of names('new')) await objects.put(key, 'new')
  const places = restoredPlaces()
  const { uploads, deletions } = await findInputsAt(objects, new MemoryObjectVersions(objects.model), { places, at })
  const isOfRequest = (key: string) => /^(requests|approvals|decisions)\//.test(key)
  expect(uploads.map(({ key }) => key).sort()).toEqual(
    names('old')
      .filter((key) => !isOfRequest(key))
      .sort(),
  )
  expect(deletions.map(({ key }) => key).sort()).toEqual(
    names('new')
      .filter((key) => !isOfRequest(key) && key.includes('new') && !key.startsWith(suspensionPrefix))
      .sort(),
  )
})

describe('an earlier file of a person', () => {
  const ana = 'people/ana.ruiz@acme.example.json'
  const names = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }
  const owned = { v: 1, isAdopted: false, claimedAt: '2026-03-03T10:00:00.000Z' }
  const ended = { at: '2026-03-03T10:00:00.000Z' }

  test.each([
    { what: 'whose record has ended is left out', record: { ...owned, ended }, isBack: false },
    { what: 'whose record nobody can read is left out', record: { v: 99 }, isBack: false },
    {
      what: 'that has no end, although the record has one, is left out',
      record: { ...owned, endsAt: '2026-12-31T18:00:00Z' },
      isBack: false,
    },
    {
      what: 'whose end is later than that of the record is left out',
      record: { ...owned, endsAt: '2026-12-31T18:00:00Z' },
      endsAt: '2026-12-31T20:00:00+01:00',
      isBack: false,
    },
    {
      what: 'whose end is that of the record comes back',
      record: { ...owned, endsAt: '2026-12-31T18:00:00Z' },
      endsAt: '2026-12-31T19:00:00+01:00',
      isBack: true,
    },
    { what: 'who has not ended comes back', record: owned, isBack: true },
    { what: 'without a record comes back', isBack: true },
    {
      what: 'whom ssofile has just suspended because of the file is left out',
      record: owned,
      reason: `${ana} is gone`,
      isBack: false,
    },
    { what: 'whom HR has suspended comes back, and the suspension stays', record: owned, reason: 'left', isBack: true },
  ])('$what', async ({ record, endsAt, reason, isBack }) => {
    const world = new World()
    const { objects, clock } = world
    objects.model.setVersioning('Enabled')
    await objects.put(ana, JSON.stringify({ ...names, endsAt }))
    await clock.advance(5_000)
    const at = clock.now()
    await clock.advance(5_000)
    await objects.delete(ana)
    if (record) await objects.put('owned_people/ana.ruiz@acme.example', JSON.stringify(record))
    if (reason) await objects.put('suspended/ana.ruiz@acme.example', JSON.stringify({ reason }))
    const versions = new MemoryObjectVersions(objects.model)
    const found = await findInputsAt(objects, versions, { places: restoredPlaces('people'), at })
    const keysOf = (files: readonly { readonly key: string }[]) => files.map(({ key }) => key)
    expect([keysOf(found.uploads), keysOf(found.returns)]).toEqual(isBack ? [[ana], []] : [[], [ana]])
    expect(keysOf(found.deletions)).toEqual([])
  })
})
