import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { configurationSubject } from '../records/deployed-configuration.ts'
import { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { tellEvent } from '../records/tell-event.ts'

/** The configuration that a dispatcher last worked by. */
const configured = record({ v: z.literal(1), digest: z.string(), at: z.iso.datetime() })
const recordOf = (objects: ObjectStore) => new JsonRecord(objects, 'control/configured.json', configured)

/** History tells once, and whole, which configuration is in force from now on. */
export async function tellConfiguration(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  configuration: Configuration,
): Promise<void> {
  const digest = createHash('sha256').update(JSON.stringify(configuration)).digest('hex').slice(0, 16)
  const before = (await spoiledAsAbsent(recordOf(objects).read()))?.value
  if (before?.digest === digest) return
  const at = renderInstant(clock.now())
  const body = { digest, before: before?.digest, configuration }
  await tellEvent(objects, configurationSubject, { event: 'configured', at, body })
  await recordOf(objects).overwrite({ v: 1, digest, at })
}
