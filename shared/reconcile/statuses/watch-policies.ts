import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { record } from '../../domain/json/record.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord } from '../records/define-record.ts'
import { sendInputs } from '../records/inputs.ts'
import type { Policies } from '../records/policies.ts'
import { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { tellFiles } from './tell-files.ts'

const policyState = record({
  v: z.literal(1),
  etags: z.record(z.string(), z.string()),
  /** A look right after the change may have used policies that are a few seconds old, so everything is looked at once more. */
  again: z.literal(true).optional(),
})

export const policyStateRecord = defineRecord({
  at: 'state/policies.json',
  meaning: 'the policies that inputs were looked at with',
  source: { is: 'cache', of: 'policies/' },
  value: policyState,
})

/**
 * Writes a status for each policy. When a policy has changed, looks at every rejected input again,
 * because it may be accepted now. Returns the broken policies. Safe to repeat after an interruption.
 */
export async function watchPolicies(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
  configuration: Pick<Configuration, 'folders' | 'limits'>,
  policies: Pick<Policies, 'read' | 'etags'>,
): Promise<readonly string[]> {
  const { objects } = ports
  const statuses = new StatusStore(objects, ports.clock)
  const { broken } = await policies.read()
  const names = await tellFiles(ports, kinds.policy, configuration, broken)
  const etags = await policies.etags()
  const record = policyStateRecord.of(objects)
  const known = (await spoiledAsAbsent(record.read()))?.value
  const isChanged = JSON.stringify(known?.etags ?? {}) !== JSON.stringify(etags)
  if (isChanged || known?.again) {
    const rejected = await Array.fromAsync(statuses.listAttention('rejected'))
    await sendInputs(ports, rejected, 'the policies have changed', configuration)
    await record.overwrite({ v: 1, etags, again: isChanged || undefined })
  }
  return names
}
