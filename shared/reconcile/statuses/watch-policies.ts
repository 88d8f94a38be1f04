import * as z from 'zod'
import type { Configuration } from '../../domain/configuration.ts'
import { isPolicyKey, policyPrefix } from '../../domain/policy-file.ts'
import { rejection } from '../../domain/status.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendInputs } from '../records/inputs.ts'
import { JsonRecord } from '../records/json-record.ts'
import { listHeads } from '../records/list-heads.ts'
import type { Policies } from '../records/policies.ts'
import { StatusStore, statusPrefix } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

export const policyStateKey = 'state/policies.json'
const policyState = z.strictObject({
  v: z.literal(1),
  etags: z.record(z.string(), z.string()),
  /** Who looked at once may have judged by the policies of some seconds ago: all is looked at once more. */
  again: z.literal(true).optional(),
})

/**
 * Gives each policy that is broken a status, as an input has, and has every rejected input looked at again when a policy has
 * changed: it may be accepted now. Answers which are broken. Safe to repeat after any interruption.
 */
export async function watchPolicies(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
  configuration: Pick<Configuration, 'folders'>,
  policies: Pick<Policies, 'read'>,
): Promise<readonly string[]> {
  const { objects } = ports
  const statuses = new StatusStore(objects, ports.clock)
  const heads = [...(await listHeads(objects, policyPrefix)).values()].filter(({ key }) => isPolicyKey(key))
  const { broken } = await policies.read()
  for (const complaint of broken) await statuses.revise(complaint.object, async () => rejection(complaint))
  const names = new Set(broken.map(({ object }) => object))
  for (const key of (await listHeads(objects, statusPrefix + policyPrefix)).keys()) {
    const told = key.slice(statusPrefix.length, -'.json'.length)
    if (!names.has(told)) await statuses.revise(told, async () => undefined)
  }
  const etags = Object.fromEntries(heads.map(({ key, etag }) => [key, etag]))
  const record = new JsonRecord(objects, policyStateKey, policyState)
  const known = (await spoiledAsAbsent(record.read()))?.value
  const isChanged = JSON.stringify(known?.etags ?? {}) !== JSON.stringify(etags)
  if (isChanged || known?.again) {
    const rejected = await Array.fromAsync(statuses.listAttention('rejected'))
    await sendInputs(ports, rejected, 'the policies have changed', configuration)
    await record.overwrite({ v: 1, etags, again: isChanged || undefined })
  }
  return [...names]
}
