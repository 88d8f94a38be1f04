import { describe, expect, test } from '@jest/globals'
import { kinds } from '../../../shared/domain/inputs/kinds.ts'
import { SimulatedWorld } from '../simulated-world.ts'
import { fileActions, keyOf, renderBody } from './file-actions.ts'
import type { KindName, Part } from './part.ts'
import { livedKinds, parts } from './parts.ts'

test('each kind of input has files and an oracle in the simulation', () => {
  expect([...livedKinds.keys()].sort()).toEqual(Object.keys(kinds).sort())
})

test('each kind belongs to one part', () => {
  const named = Object.values<Part>(parts).flatMap((part) => Object.keys(part.kinds))
  expect(named).toEqual([...new Set(named)])
})

const world = new SimulatedWorld({ seed: 0, latencyP99Ms: 1_200, outstanding: 15, skewMs: 0, mischief: 'any' })
const parse = (kind: KindName, key: string, text: string) => {
  const body = Buffer.from(text)
  return kinds[kind].parseBody(key, body, body.length)
}

describe.each([...livedKinds])('the files of a %s', (kind, { files }) => {
  const names = Object.keys(files.keys)
  const keys = names.flatMap((name) => keyOf(world, kind, name) ?? [])

  test('are two or more, unless there is one for all, and stand where their kind does', () => {
    expect(names.length).toBeGreaterThan(kinds[kind].at.endsWith('/') ? 1 : 0)
    expect(keys.filter((key) => !key.startsWith(kinds[kind].at))).toEqual([])
  })

  test('have contents that ssofile accepts, and contents that it rejects', () => {
    const [key = kinds[kind].at] = keys
    const isAccepted = (name: string) => parse(kind, key, renderBody(world, kind, name, key)).ok
    expect(Object.keys(files.valid).filter((name) => !isAccepted(name))).toEqual([])
    expect(Object.keys(files.invalid).filter(isAccepted)).toEqual([])
    expect(Object.keys(files.valid)).not.toEqual([])
    if (kinds[kind].mostBytes > 0) expect(Object.keys(files.invalid)).not.toEqual([])
  })
})

test('a file is written, written again, renamed and deleted by any of its writers', async () => {
  const file = { kind: 'suspension', file: 'mia', by: 0 } as const
  const keyNow = () => world.keys('suspended/')
  fileActions['write a file'](world, { ...file, body: 'reason' })
  expect(keyNow()).toEqual(['suspended/mia@example.com'])
  fileActions['write a file again'](world, { ...file, by: 1 })
  expect(world.textOf('suspended/mia@example.com')).toContain('left')
  fileActions['rename a file'](world, { ...file, to: 'leo' })
  expect(keyNow()).toEqual(['suspended/leo@example.com'])
  fileActions['delete a file'](world, { ...file, file: 'leo', by: 1 })
  expect(keyNow()).toEqual([])
})
