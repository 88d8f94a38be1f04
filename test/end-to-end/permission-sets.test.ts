import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'
import { askedFor, type File, readBack } from './permission-set-reader.ts'

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start()
})
afterAll(() => system.stop(), 60_000)

const folder = new URL('../../fixtures/acme/permission_sets/', import.meta.url)

const smallest = { permissionSetName: 'Smallest-ps' }
const other = {
  permissionSetName: 'Other_+=,.@-ps',
  description: 'Lignes \u00e9crites\n\tsur plusieurs lignes',
  sessionDurationInMinutes: 90,
  managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
  inlinePolicyDocument: '' as const,
  permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
}
const fixtures = readdirSync(folder).map((file): [string, File] => [
  file.replace(/\.json$/, ''),
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
])

test.each([...fixtures, ['Smallest-ps', smallest], ['Other_+=,.@-ps', other]] as [string, File][])(
  'permission set %s is created exactly as its file says',
  async (name, file) => {
    const input = `permission_sets/${name}.json`
    const isFixture = fixtures.some(([fixture]) => fixture === name)
    await system.upload(input, isFixture ? readFileSync(new URL(`${name}.json`, folder)) : JSON.stringify(file))
    await system.untilStatus(input, 'applied')
    expect(await readBack(system, name)).toEqual(askedFor(file))
  },
  60_000,
)
