import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { withImplied } from '../../../../handlers/cli/take-over/import.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../../../fixtures/import/${name}`, import.meta.url))

test.each(['assignments.csv', 'steampipe.csv', 'links.txt'])(
  'a file with assignments alone needs no --assignments: %s',
  async (name) => {
    const from = fixture(name)
    expect(await withImplied({ from })).toEqual({ from, assignments: true })
  },
)

test.each(['terraform.tfstate', 'terraform-show.json', 'extensions-bucket'])(
  'a source with permission sets too implies nothing, so that the command asks what to import: %s',
  async (name) => {
    const from = fixture(name)
    expect(await withImplied({ from })).toEqual({ from })
  },
)

test('a stated choice stays as it is', async () => {
  const options = { from: fixture('assignments.csv'), permissionSets: true } as const
  expect(await withImplied(options)).toEqual(options)
  expect(await withImplied({})).toEqual({})
})
