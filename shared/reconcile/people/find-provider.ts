import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'

/** Who provisions by SCIM has issuers that begin so. (Users of a directory that was switched over keep theirs.) */
const scimIssuer = 'https://scim.aws.com/'
const lookedForMs = 60 * 60_000

const looked = record({
  v: z.literal(1),
  at: z.iso.datetime(),
  /** A user whom a provider keeps. Absent: there is none. */
  found: record({ user: z.string(), issuer: z.string() }).optional(),
})
type Provider = NonNullable<z.infer<typeof looked>['found']>

/**
 * A user whom a provider keeps by SCIM, if there is one: then nobody else may write users. No API names the source of identities,
 * so all users are listed, once an hour.
 */
export async function findProvider(
  { objects, identityStore }: { readonly objects: ObjectStore; readonly identityStore: IdentityStore },
  now: Date,
): Promise<Provider | undefined> {
  const cache = new JsonRecord(objects, 'state/provider-of-users.json', looked)
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
