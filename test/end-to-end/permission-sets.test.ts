import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start()
}, 60_000)
afterAll(() => system.stop(), 60_000)

const folder = new URL('../../fixtures/acme/permission_sets/', import.meta.url)

/** Everything that Identity Center has of a permission set, by the stock AWS CLI. */
async function readBack(name: string) {
  const instance = ['--instance-arn', await system.access.instanceArn()]
  const arn = await system.access.permissionSetArn(name)
  const read = async (command: string, ...about: string[]) =>
    JSON.parse((await system.cli(['sso-admin', command, ...instance, ...about, '--output', 'json'])) || '{}')
  const of = ['--permission-set-arn', arn]
  const { PermissionSet } = await read('describe-permission-set', ...of)
  const { AttachedManagedPolicies } = await read('list-managed-policies-in-permission-set', ...of)
  const { CustomerManagedPolicyReferences } = await read(
    'list-customer-managed-policy-references-in-permission-set',
    ...of,
  )
  const { InlinePolicy } = await read('get-inline-policy-for-permission-set', ...of)
  const { Tags } = await read('list-tags-for-resource', '--resource-arn', arn)
  const { PermissionsBoundary } = await read('get-permissions-boundary-for-permission-set', ...of).catch(() => ({}))
  return {
    description: PermissionSet.Description,
    session: PermissionSet.SessionDuration,
    relayState: PermissionSet.RelayState,
    tags: Tags,
    managed: AttachedManagedPolicies.map(({ Arn }: { Arn: string }) => Arn).sort(),
    customerManaged: CustomerManagedPolicyReferences.map(
      ({ Path, Name }: { Path: string; Name: string }) => Path + Name,
    ).sort(),
    inline: InlinePolicy === '' ? undefined : JSON.parse(InlinePolicy),
    boundary: PermissionsBoundary,
  }
}

type File = {
  description?: string
  sessionDurationInMinutes?: number | string
  relayState?: string
  tags?: object[]
  managedPoliciesArnList?: string[]
  customerManagedPoliciesList?: { Name: string; Path?: string }[]
  inlinePolicyDocument?: object | ''
  permissionsBoundary?: object
}

/** The same, as the file asks for it. */
function askedFor(file: File) {
  const minutes = Number(file.sessionDurationInMinutes ?? 60)
  const inline = file.inlinePolicyDocument
  return {
    description: file.description,
    session: `PT${Math.floor(minutes / 60)}H${minutes % 60 === 0 ? '' : `${minutes % 60}M`}`,
    relayState: file.relayState,
    tags: file.tags ?? [],
    managed: [...(file.managedPoliciesArnList ?? [])].sort(),
    customerManaged: (file.customerManagedPoliciesList ?? []).map(({ Path = '/', Name }) => Path + Name).sort(),
    inline: inline === undefined || inline === '' || Object.keys(inline).length === 0 ? undefined : inline,
    boundary: file.permissionsBoundary,
  }
}

const smallest = { permissionSetName: 'Smallest-ps' }
const other = {
  permissionSetName: 'Other_+=,.@-ps',
  description: 'Lignes \u00e9crites\n\tsur plusieurs lignes',
  sessionDurationInMinutes: 90,
  managedPoliciesArnList: ['arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess'],
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
    if (fixtures.some(([fixture]) => fixture === name)) {
      await system.cli(['s3', 'cp', fileURLToPath(new URL(`${name}.json`, folder)), `s3://ssofile/${input}`])
    } else {
      await system.upload(input, JSON.stringify(file))
    }
    await system.untilStatus(input, 'applied')
    expect(await readBack(name)).toEqual(askedFor(file))
  },
  60_000,
)
