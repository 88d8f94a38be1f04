import { describe, expect, test } from '@jest/globals'
import { recordAt, storedRecords } from '../../handlers/stored-records.ts'
import { permissionsOf } from '../../infra/function-permissions.ts'
import { allKinds } from '../../shared/domain/inputs/kinds.ts'
import { functionNames } from '../../shared/ports/deployment-settings.ts'
import { listProjectFiles, readText } from './source-files.ts'

describe('a kind of stored object', () => {
  test('has a place that no other kind and no input has', () => {
    const places = [...storedRecords, ...allKinds()].map(({ at }) => at)
    expect(new Set(places).size).toBe(places.length)
  })

  test.each(functionNames)('that the function %s writes is declared, or is an input', (name) => {
    const { write = [], put = [] } = permissionsOf(name)
    const known = [...storedRecords, ...allKinds()].map(({ at }) => at)
    const isKnown = (place: string) => known.some((at) => at.startsWith(place) || place.startsWith(at))
    expect([...write, ...put].filter((place) => !isKnown(place))).toEqual([])
  })
})

/** Keys of ssofile's own objects as texts of the source, outside comments. */
const keyInText = /['"`]((?:state|control)\/[\w./-]+)/g
/** The rights of a function, which name the places, and a name that rules of the domain need. */
const naming =
  /^(shared\/ports\/rights\.ts|handlers\/schedules\.ts|shared\/domain\/inputs\/kinds\.ts|shared\/domain\/sessions\/ended-sessions\.ts)$/

test('a key under state/ or control/ is written only in a declaration', () => {
  const written = ['handlers', 'shared']
    .flatMap(listProjectFiles)
    .filter((path) => path.endsWith('.ts') && !naming.test(path))
    .flatMap((path) =>
      readText(path)
        .split('\n')
        .filter(
          (line) => !/^\s*(\*|\/\/|\/\*)/.test(line) && !/^\s*(export const .* = definePlace\(\{ )?at: /.test(line),
        )
        .flatMap((line) => [...line.matchAll(keyInText)].map(([, key = '']) => `${path}: ${key}`)),
    )
  expect(written).toEqual([])
})

test('every place that rights name under state/ or control/ is declared', () => {
  const named = [...readText('shared/ports/rights.ts').matchAll(keyInText)].map(([, key = '']) => key)
  expect(named.filter((key) => recordAt(key) === undefined)).toEqual([])
})
