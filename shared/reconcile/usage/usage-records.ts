import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { hours } from '../../domain/usage/hours.ts'
import { personUses } from '../../domain/usage/person-uses.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'

export const usagePrefix = 'usage/'
export const peoplePrefix = `${usagePrefix}people/`

/** One object for each person: whoever reads all of them reads each once, and whoever deletes one deletes a person's data. */
export const personKey = (user: string): string => `${peoplePrefix}${user}.json`
export const personRecord = (objects: ObjectStore, key: string) => new JsonRecord(objects, key, personUses)

const watchedHours = record({ v: z.literal(1), hours })
export const watchedRecord = (objects: ObjectStore) =>
  new JsonRecord(objects, `${usagePrefix}watched.json`, watchedHours)
