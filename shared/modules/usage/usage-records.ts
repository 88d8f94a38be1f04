import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { hours } from './rules/hours.ts'
import { personUses } from './rules/person-uses.ts'

export const usagePrefix = 'usage/'
export const peoplePrefix = `${usagePrefix}people/`

/** One object for each person: whoever reads all of them reads each once, and whoever deletes one deletes a person's data. */
export const personKey = (user: string): string => `${peoplePrefix}${user}.json`
/** `undefined`: ssofile did not write this key. */
export function parsePersonKey(key: string): PrincipalId | undefined {
  const user = principalId.safeParse(key.slice(peoplePrefix.length, -'.json'.length)).data
  return user !== undefined && personKey(user) === key ? user : undefined
}

export const personRecord = (objects: ObjectStore, key: string) => new JsonRecord(objects, key, personUses)

const watchedHours = record({ v: z.literal(1), hours })
export const watchedRecord = (objects: ObjectStore) =>
  new JsonRecord(objects, `${usagePrefix}watched.json`, watchedHours)
