import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type Eligibility, eligibilityPrefix } from '../../domain/files/eligibility-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { permissionSetKey, permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type PrincipalType, principalName } from '../../domain/principals/principal.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import type { Status } from '../../domain/statuses/status.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { permissionSetNames } from '../../reconcile/directory/permission-set-index.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { ownedPermissionSets } from '../../reconcile/records/owned-permission-sets.ts'
import { describeInput, readParsedInput } from '../../reconcile/records/read-input.ts'
import { listInState, StatusStore, statusKey, statusPrefix } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { EligibilityFiles } from './eligibility-files.ts'

/** What exists now. A complete reading: if something cannot be read, nothing is told. */
type Existing = {
  readonly isAbsent: (type: PrincipalType, name: string) => boolean
  /** Those of other owners by the dispatcher's last reading of Identity Center. Before that, nobody knows that one is missing. */
  readonly hasPermissionSet: (name: string) => boolean
  readonly hasSelector: (name: string) => boolean
  readonly view: OrganizationView | undefined
}

const lacksMost = 10

/**
 * The statuses of valid eligibilities: `waiting` while one names a group, user, permission set, selector or tag that does not exist, and
 * `applied` otherwise. Throws, and changes nothing, if the directory or S3 does not answer. Safe to repeat after an interruption.
 */
export async function tellEligibilityNames(
  ports: Pick<Ports, 'objects' | 'clock' | 'identityStore' | 'organizations' | 'randomness'>,
  configuration: Configuration,
): Promise<void> {
  const { objects, clock } = ports
  const { eligibilities } = await new EligibilityFiles(ports).read()
  const usable = [...eligibilities.values()].flatMap((file) => (file.ok ? [file.value] : []))
  if (usable.length === 0) return
  const existing = await readExisting(usable, ports, configuration)
  const statuses = new StatusStore(objects, clock)
  const told = await listHeads(objects, statusPrefix + eligibilityPrefix)
  const waiting = new Set(await listInState(objects, 'waiting', eligibilityPrefix))
  await forEachAtOnce(usable, async (eligibility) => {
    const { key } = eligibility
    const lacks = listLacks(eligibility, existing)
    if (lacks.length === 0 && told.has(statusKey(key)) && !waiting.has(key)) return
    await statuses.revise(key, async (current) => {
      const found = await readParsedInput(objects, key, kinds.eligibility)
      // The look of the next minute tells a file that has changed meanwhile.
      return found?.file.ok ? { ...describeInput(found.head), ...describeLacks(lacks) } : current
    })
  })
}

function describeLacks(lacks: readonly string[]): Pick<Status, 'state' | 'reason' | 'remedy'> {
  if (lacks.length === 0) return { state: 'applied' }
  const more = lacks.length > lacksMost ? [`${lacks.length - lacksMost} more`] : []
  return {
    state: 'waiting',
    reason: `it names what does not exist: ${[...lacks.slice(0, lacksMost), ...more].join(', ')}; the rest of the file counts`,
    remedy:
      'correct the name, or create it; ssofile looks again every hour, for permission sets of other owners every night',
  }
}

async function readExisting(
  usable: readonly Eligibility[],
  ports: Parameters<typeof tellEligibilityNames>[0],
  configuration: Configuration,
): Promise<Existing> {
  const { objects, clock } = ports
  const index = new PrincipalIndex(patientIdentityStore(ports), clock, configuration.principalSuffix)
  const wanted = usable.flatMap((one) =>
    principalsOf(one).flatMap(({ type, name }) => {
      const principal = principalName.safeParse(name).data
      return principal === undefined ? [] : [{ type, principal }]
    }),
  )
  const absent = new Set((await index.foresee(wanted)).map(({ type, principal }) => `${type}%${principal}`))
  const organization = new OrganizationCache(ports, configuration.folders)
  const selectors = await organization.selectors()
  const files = await listHeads(objects, permissionSetPrefix)
  const owned = await listHeads(objects, ownedPermissionSets.at)
  const read = (await spoiledAsAbsent(permissionSetNames.of(objects).read()))?.value
  const others = read && new Set<string>(Object.values(read.nameByArn))
  return {
    isAbsent: (type, name) => absent.has(`${type}%${name}`) || !principalName.safeParse(name).success,
    hasPermissionSet: (text) => {
      const name = permissionSetName.safeParse(text).data
      if (name === undefined) return false
      const isOurs = files.has(permissionSetKey(name)) || owned.has(ownedPermissionSets.at + name)
      return isOurs || others === undefined || others.has(name)
    },
    hasSelector: (name) => selectors.has(name),
    view: await organization.storedView(),
  }
}

function principalsOf({ for: asking, approvers, approvedByItself }: Eligibility) {
  const groups = [...asking.groups, ...approvers.groups, ...(approvedByItself?.groups ?? [])]
  const users = [...asking.users, ...approvers.users]
  return [
    ...[...new Set(groups)].map((name) => ({ type: 'GROUP', name }) as const),
    ...[...new Set(users)].map((name) => ({ type: 'USER', name }) as const),
  ]
}

/** A glob may match a permission set that comes later, so only whole names can be missing. */
function listLacks(eligibility: Eligibility, existing: Existing): readonly string[] {
  const { permissionSets, scopes, approvers } = eligibility
  const { isAbsent, hasPermissionSet, hasSelector, view } = existing
  const { ownerTag } = approvers
  const areTagsKnown = view?.hasTags === true
  const hasTag = ownerTag === undefined || view?.accounts.some(({ tags }) => tags?.[ownerTag] !== undefined)
  return [
    ...principalsOf(eligibility).flatMap(({ type, name }) =>
      isAbsent(type, name) ? [`${type === 'GROUP' ? 'group' : 'user'} '${quote(name)}'`] : [],
    ),
    ...permissionSets
      .filter((name) => !/[*?]/.test(name) && !hasPermissionSet(name))
      .map((name) => `permission set '${quote(name)}'`),
    ...scopes.flatMap((scope) =>
      scope.kind === 'select' && !hasSelector(scope.name) ? [`selector '${quote(scope.name)}'`] : [],
    ),
    ...(areTagsKnown && !hasTag ? [`an account with the tag '${quote(ownerTag)}'`] : []),
  ]
}
