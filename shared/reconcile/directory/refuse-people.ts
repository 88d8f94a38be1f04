import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { defineRecord } from '../records/define-record.ts'

/** Issuers of SCIM providers begin with this. (Users keep theirs when a directory is switched over.) */
const scimIssuer = 'https://scim.aws.com/'
const lookedForMs = 60 * 60_000

const looked = record({
  v: z.literal(1),
  at: z.iso.datetime(),
  /** A user of a provider. Absent: none. */
  found: record({ user: z.string(), issuer: z.string() }).optional(),
})
export const providerRecord = defineRecord({
  at: 'state/provider-of-users.json',
  meaning: 'whether an identity provider manages the users, for an hour',
  source: { is: 'cache', of: 'Identity Store' },
  value: looked,
})
type Provider = NonNullable<z.infer<typeof looked>['found']>

type Sources = {
  readonly objects: ObjectStore
  readonly identityStore: IdentityStore
  readonly configuration: Pick<Configuration, 'directory'>
}

/** Why ssofile ignores everything under `people/`. `undefined`: it does not. */
export async function refusePeople(sources: Sources, now: Date): Promise<Omit<Complaint, 'object'> | undefined> {
  if (sources.configuration.directory !== 'identity-center')
    return {
      received: 'a file under people/ without "directory" in the configuration',
      expected: '"directory": "identity-center", which says that no identity provider manages the users',
      remedy: 'write it into the configuration and deploy, or delete this file',
    }
  const provider = await findProvider(sources, now)
  return (
    provider && {
      received: `a directory whose users an identity provider manages: '${quote(provider.user)}' has the issuer ${quote(provider.issuer)}`,
      expected: 'a directory that only Identity Center manages',
      remedy: 'create and change people in the provider, and delete the files under people/',
    }
  )
}

/**
 * A user that a provider manages by SCIM, if there is one: then nobody else may write users. No API returns the source of identities, so
 * this lists all users, once an hour.
 */
async function findProvider(
  { objects, identityStore }: Pick<Sources, 'objects' | 'identityStore'>,
  now: Date,
): Promise<Provider | undefined> {
  const cache = providerRecord.of(objects)
  const known = (await cache.read())?.value
  if (known && now.getTime() - Date.parse(known.at) < lookedForMs) return known.found
  const found = await look(identityStore)
  await cache.overwrite({ v: 1, at: renderInstant(now), ...(found && { found }) })
  return found
}

async function look(identityStore: IdentityStore): Promise<Provider | undefined> {
  let nextToken: string | undefined
  do {
    const page = await identityStore.listPrincipals('USER', nextToken)
    for (const { name, issuer } of page.items) if (issuer?.startsWith(scimIssuer)) return { user: name, issuer }
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return undefined
}
