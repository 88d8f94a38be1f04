import { createHash } from 'node:crypto'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { isUntouched, needsReconcile } from './at-rest.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { accounts, directoryNames, permissionSets, splitPrincipal } from './small-world.ts'

/** Instants, versions and ETags of S3, and all other ids. */
const drawn =
  /\d{4}-\d\d-\d\d[T/][\d:.]+Z|(?<="(?:versionId|etag)": ?")[^"]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi
const idLength = 36
/** A successful call that changes access or the directory. */
const change = /: ((?:sso-admin|identitystore) (?!get|list|describe|find|is).*) → ok$/

/**
 * The state of a world at rest: the bucket, AWS, its calls, and the faults of the life. Leaves out instants and random ids. Two lives with
 * the same digest continue in the same way.
 */
export function digestOf(world: SimulatedWorld): string {
  const { organizations, queues, trace } = world
  // Its ids and instants differ in every life. The summary has what it says.
  const keys = world.keys('').filter((key) => key !== 'state/notifications.json')
  const lines = [
    ...keys.map((key) => `${key} ${sorted(world.textOf(key) ?? '')}`),
    ...world.checker.told.summary,
    ...trace.flatMap((line) => change.exec(line)?.[1] ?? []),
    ...accessOf(world),
    ...organizations.accountsNow(),
    ...directoryOf(world),
    ...queues.names.map((name) => [name, queues.queue(name).messages().length]),
    ...Object.entries(world).filter(([, value]) => typeof value === 'boolean'),
    [needsReconcile(world), isUntouched(world)],
  ]
  const text = lines.map((line) => withoutDrawn(typeof line === 'string' ? line : JSON.stringify(line), world))
  return createHash('sha256').update(text.sort().join('\n')).digest('base64')
}

function accessOf({ ssoAdmin }: SimulatedWorld): readonly unknown[] {
  const provisioned = permissionSets.flatMap((name) => {
    const arn = ssoAdmin.permissionSetArnOf(name)
    if (arn === undefined) return []
    const policies = accounts.map((account) => ssoAdmin.provisionedInlinePolicy(accountId.parse(account), arn))
    return [[name, ssoAdmin.definitionNow(name), ssoAdmin.staleAccountsNow(arn), policies]]
  })
  return [...ssoAdmin.assignments(), ...provisioned]
}

function directoryOf({ identityStore }: SimulatedWorld): readonly unknown[] {
  return directoryNames.map((full) => {
    const { type, name } = splitPrincipal(full)
    const id = identityStore.idOf(type, name)
    return [full, id, id && type === 'USER' ? [identityStore.attributesOf(id), identityStore.groupIdsOf(id)] : []]
  })
}

function withoutDrawn(text: string, { names }: SimulatedWorld): string {
  return text.replaceAll(drawn, (one) => {
    const name = one.length === idLength ? names.principal(one) : one
    return name === one ? '' : name
  })
}

/** JSON text with sorted members; any other text unchanged. */
function sorted(text: string): string {
  const inOrder = (_: string, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value
  try {
    return JSON.stringify(JSON.parse(text), inOrder)
  } catch {
    return text
  }
}
