import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { functionNames } from '../../../shared/ports/deployment-settings.ts'

test('every function of a deployment has an entry of its name', () => {
  const entries = readdirSync(new URL('../../../handlers/entry/', import.meta.url)).map((file) =>
    file.replace('.ts', ''),
  )
  expect(entries).toEqual(expect.arrayContaining([...functionNames]))
})
