import { Identitystore } from '@aws-sdk/client-identitystore'
import { Organizations as OrganizationsClient } from '@aws-sdk/client-organizations'
import { SSOAdmin } from '@aws-sdk/client-sso-admin'
import { buildApp } from 'fauxqs'
import { addJsonServices } from '../../infra/local/json-services/json-services.ts'
import { AwsIdentityStore } from '../../shared/aws/identity-store-client.ts'
import { AwsOrganizations } from '../../shared/aws/organizations-client.ts'
import { awsSsoAdmin } from '../../shared/aws/sso-admin-client.ts'
import type { PermissionSetArn, PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../shared/domain/principals/principal.ts'
import { fillFromOrganizationFile } from '../../shared/memory/fill-from-organization-file.ts'
import {
  MemoryIdentityStore,
  type MemoryIdentityStoreOptions,
} from '../../shared/memory/identity-store/memory-identity-store.ts'
import { parseOrganizationFile } from '../../shared/memory/organization-file.ts'
import {
  MemoryOrganizations,
  type MemoryOrganizationsOptions,
} from '../../shared/memory/organizations/memory-organizations.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { MemorySsoAdmin, type MemorySsoAdminOptions } from '../../shared/memory/sso-admin/memory-sso-admin.ts'
import type { OpenTable } from '../../shared/memory/table.ts'
import type { IdentityStore } from '../../shared/ports/identity-store.ts'
import type { Organizations } from '../../shared/ports/organizations.ts'
import type { SsoAdmin } from '../../shared/ports/sso-admin.ts'
import { VirtualClock } from '../virtual-clock.ts'

export const start = new Date('2026-03-03T10:00:00.000Z')

export type IdentityCenterWorld = {
  readonly clock: VirtualClock
  readonly organizations: MemoryOrganizations
  readonly identityStore: MemoryIdentityStore
  readonly ssoAdmin: MemorySsoAdmin
}

export type WorldOptions = {
  readonly ssoAdmin?: Partial<MemorySsoAdminOptions>
  readonly identityStore?: Partial<MemoryIdentityStoreOptions>
  readonly organizations?: Partial<MemoryOrganizationsOptions>
  readonly openTable?: OpenTable
  readonly clock?: VirtualClock
}

/** Models on virtual time, empty or over filled tables. */
export function openModels(options: WorldOptions = {}): IdentityCenterWorld {
  const { clock = new VirtualClock(start), openTable } = options
  const randomness = new SeededRandomness(7)
  const common = { clock, randomness, ...(openTable === undefined ? {} : { openTable }) }
  const organizations = new MemoryOrganizations({ ...common, ...options.organizations })
  const identityStore = new MemoryIdentityStore({ ...common, ...options.identityStore })
  const ssoAdmin = new MemorySsoAdmin({ ...common, organizations, identityStore, ...options.ssoAdmin })
  return { clock, organizations, identityStore, ssoAdmin }
}

/** Models with the organization of most tests. */
export function openWorld(options: WorldOptions = {}, organization: object = smallOrganization): IdentityCenterWorld {
  const world = openModels(options)
  const file = parseOrganizationFile('the organization of this test', organization)
  if (!file.ok) throw new Error(file.complaint.received)
  fillFromOrganizationFile(file.value, world)
  return world
}

export const management = '111111111111'
export const website = '222222222221'
export const shop = '222222222222'
export const suspended = '222222222223'

export const smallOrganization = {
  managementAccountId: management,
  root: {
    id: 'r-test',
    accounts: [account(management, 'management')],
    organizationalUnits: [
      {
        id: 'ou-test-workload',
        name: 'Workloads',
        accounts: [account(website, 'website', { team: 'Web', env: '', 'cost centre': 'Sales / EMEA' })],
        organizationalUnits: [
          { id: 'ou-test-shopshop', name: 'Shop', accounts: [account(shop, 'shop')] },
          { id: 'ou-test-emptyone', name: 'Empty' },
        ],
      },
      {
        id: 'ou-test-quaranti',
        name: 'Quarantine',
        accounts: [{ ...account(suspended, 'suspended'), state: 'SUSPENDED' }],
      },
    ],
  },
  groups: ['Auditors', "Équipe d'audit / 50% nights", 'Operators'],
  users: ['ana@example.com', 'bo@example.com'],
  permissionSets: [
    { permissionSetName: 'ReadOnly-ps', managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] },
    { permissionSetName: 'Operator-ps', customerManagedPoliciesList: [{ Name: 'operators-base' }] },
  ],
}

export function account(id: string, name: string, tags: Readonly<Record<string, string>> = {}) {
  return { id, name, email: `${name}@example.com`, tags }
}

export function permissionSetArnIn(world: IdentityCenterWorld, name: string): PermissionSetArn {
  return found(world.ssoAdmin.permissionSetArnOf(name), name)
}

export function principalIdIn(world: IdentityCenterWorld, type: PrincipalType, name: string): PrincipalId {
  return found(world.identityStore.idOf(type, name), name)
}

export function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`${name} is not in the world of this test`)
  return value
}

/** The same ports twice: the models themselves, and SDK clients that call them over HTTP. */
export type IdentityCenterPorts = {
  readonly ssoAdmin: SsoAdmin
  readonly identityStore: IdentityStore
  readonly organizations: Organizations
  close(): Promise<void>
}

export type OpenPorts = (world: IdentityCenterWorld) => Promise<IdentityCenterPorts>

export const adapters: readonly { readonly adapter: string; readonly openPorts: OpenPorts }[] = [
  { adapter: 'memory', openPorts: async (world) => ({ ...world, close: async () => {} }) },
  { adapter: 'AWS SDK on the local system', openPorts: openSdkPorts },
]

export type Wire = { readonly endpoint: string; close(): Promise<void> }

/** The models behind AWS's wire protocol, on a free port of this machine. */
export async function serve(world: IdentityCenterWorld): Promise<Wire> {
  const app = buildApp({ logger: false })
  addJsonServices(app, world)
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  return { endpoint, close: async () => app.close() }
}

async function openSdkPorts(world: IdentityCenterWorld): Promise<IdentityCenterPorts> {
  const { endpoint, close } = await serve(world)
  const credentials = { accessKeyId: 'ssofile', secretAccessKey: 'any' }
  const config = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
  const ssoAdmin = awsSsoAdmin(new SSOAdmin(config))
  const identityStoreId = async () => (await ssoAdmin.instance()).identityStoreId
  return {
    ssoAdmin,
    identityStore: new AwsIdentityStore(new Identitystore(config), identityStoreId),
    organizations: new AwsOrganizations(new OrganizationsClient(config)),
    close,
  }
}
