import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { configurationSubject, deployed, deployedConfigurationKey } from '../records/deployed-configuration.ts'
import { JsonRecord } from '../records/json-record.ts'
import { type Owner, readOwner } from '../records/owner.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { FoundOwner } from './find-lost-owner.ts'
import { type LostSources, readSaved } from './read-saved.ts'

/**
 * The configuration of the deployment, where the command line cannot read it any more: from a version, else the last one that
 * history has. `undefined`: it is there, or nothing tells it, or the bucket has no deployment. Reads only.
 */
export async function findLostConfiguration(
  { objects, versions, history, at }: Omit<LostSources, 'inPortions'>,
  owner: FoundOwner,
): Promise<Configuration | undefined> {
  const there = await spoiledAsAbsent(new JsonRecord(objects, deployedConfigurationKey, anyVersion).read())
  if (there !== undefined) return undefined
  for await (const kept of versions.list(deployedConfigurationKey)) {
    const saved = kept.key === deployedConfigurationKey ? await readSaved(versions, kept, deployed, at) : undefined
    if (saved !== undefined) return saved.configuration
  }
  const claimed: Owner | undefined = owner.is === 'lost' ? owner.owner : await readOwner(objects)
  return claimed?.deployment && (await findLastTold(history))
}

/** A later version may have values that this one does not know: what it wrote stays. */
const anyVersion = z.looseObject({ configuration: z.looseObject({}) })

/** Its events are named by their instants. */
async function findLastTold(history: ObjectStore): Promise<Configuration | undefined> {
  const keys: string[] = []
  for await (const { key } of history.list(configurationSubject.folder)) keys.push(key)
  for (const key of keys.toReversed()) {
    const body = (await history.get(key))?.body
    const told = deployed.safeParse(JSON.parse(new TextDecoder().decode(body)))
    if (told.success) return told.data.configuration
  }
  return undefined
}
