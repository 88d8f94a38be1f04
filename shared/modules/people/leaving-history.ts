import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { defineRecords } from '../../reconcile/records/define-record.ts'
import { listUserEvents, tellEvent } from '../../reconcile/records/tell-event.ts'

const prefix = 'history/leavers/'
const events = ['left', 'back'] as const

/** ssofile saw that a user was disabled or gone, or was back after that. */
export type Leaving = { readonly user: PrincipalId; readonly at: string; readonly event: (typeof events)[number] }

/** `user`: only this one. */
export const listLeaving = (objects: ObjectStore, user?: PrincipalId) => listUserEvents(objects, prefix, events, user)

export function lastOfEach(all: readonly Leaving[]): ReadonlyMap<PrincipalId, Leaving> {
  return new Map(all.toSorted((a, b) => (a.at < b.at ? -1 : 1)).map((one) => [one.user, one]))
}

const seen = record({ event: z.enum(events), at: z.iso.datetime() })
export const lastLeavings = defineRecords({
  at: 'state/leavers/',
  meaning: 'whether a user left or was back last',
  source: { is: 'index', of: 'history/leavers/' },
  key: (user: PrincipalId) => user,
  value: seen,
})

/** Two events about one change may come at the same time: the first one sets the instant, and both write the same. `name`: as in keys. */
export async function tellLeaving(
  objects: ObjectStore,
  { user, name, event, at, why }: Leaving & { readonly name: string; readonly why: 'gone' | 'disabled' | 'enabled' },
): Promise<void> {
  const first = await lastLeavings.of(objects, user).revise((known) => (known?.event === event ? known : { event, at }))
  const told = { event, named: `person-${event}`, at: first.at, body: { user, name, why } }
  await tellEvent(objects, { folder: `${prefix}${user}/`, name }, told)
}
