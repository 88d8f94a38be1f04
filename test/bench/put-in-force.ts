import { renderAssignmentKey } from '../../shared/domain/assignments/assignment.ts'
import { parseLinkKey } from '../../shared/domain/links/link.ts'
import type { World } from '../world.ts'
import { idOf } from './many-accounts.ts'

/** A link that is in force in these accounts for an hour: its file, its status, the ledger, and Identity Center. */
export async function putInForce(world: World, key: string, accounts: readonly number[]): Promise<void> {
  const parsed = parseLinkKey(key, [])
  if (!parsed.ok) throw new Error(`${key} is no link`)
  const { permissionSet, principal, type } = parsed.value
  const principalId = world.identityStore.idOf(type, principal)
  const permissionSetArn = world.ssoAdmin.permissionSetArnOf(permissionSet)
  if (!principalId || !permissionSetArn) throw new Error(`${key} names what is not there`)
  const written = await world.objects.put(key, '')
  const etag = written.outcome === 'written' ? written.etag : ''
  const at = new Date(world.clock.now().getTime() - 60 * 60_000).toISOString()
  const counts = { desired: accounts.length, applied: accounts.length, open: 0, failed: [] }
  const told = { input: key, state: 'applied', accounts: counts, etag, lastModified: at, updatedAt: at }
  await world.objects.put(`status/${key}.json`, JSON.stringify(told))
  const links = [{ key, etag, lastModified: at }]
  const call = { kind: 'creation', calledAt: at, answeredAt: at, id: principalId }
  const ends = { links, grantedAt: at, attempts: 0, updatedAt: at, call, lastCreation: call }
  const entry = JSON.stringify({ v: 1, state: 'granted', principal, principalId, permissionSetArn, ...ends })
  await world.objects.put(`state/principals/${type}%${principalId}%${principal}`, '')
  for (const number of accounts) {
    const accountId = idOf(number) as never
    await world.objects.put(
      `assignments/${renderAssignmentKey({ accountId, permissionSet, principalId, type })}`,
      entry,
    )
    world.ssoAdmin.addAssignment({ accountId, permissionSetArn, principalId, principalType: type })
  }
}
