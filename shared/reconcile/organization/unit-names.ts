import pLimit from 'p-limit'
import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Organizations } from '../../ports/organizations.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientOrganizations } from '../calls/patient-organizations.ts'
import { defineRecord } from '../records/define-record.ts'
import type { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

const unitNames = record({
  v: z.literal(1),
  units: z.record(z.string(), record({ name: z.string(), readAt: z.iso.datetime() })),
})
type Units = z.infer<typeof unitNames>['units']
export const unitNamesRecord = defineRecord({
  at: 'state/unit-names.json',
  meaning: 'the names of OUs, for people to read',
  source: { is: 'cache', of: 'Organizations' },
  value: unitNames,
})

/** A renamed unit keeps its id, so its name is not urgent. */
const oldMs = 24 * 60 * 60_000
/** Each renewal is a call, at four a second. A run takes less than a minute, and ten runs renew 2,000 units, the most that AWS allows. */
const renewedMost = 200
/** Somebody waits: 20 calls take five seconds. */
const askedMost = 20
const callsAtOnce = 8

/**
 * The names of the root and the organizational units, kept under `state/`, for people to read: links name units by their ids,
 * and no decision uses a name.
 */
export class UnitNames {
  readonly #clock: Ports['clock']
  readonly #record: JsonRecord<z.infer<typeof unitNames>>
  readonly #organizations: Organizations
  /** With the names asked so far. */
  #known: Promise<Units> | undefined
  #left = askedMost

  constructor(ports: Pick<Ports, 'objects' | 'organizations' | 'clock' | 'randomness'>) {
    this.#clock = ports.clock
    this.#record = unitNamesRecord.of(ports.objects)
    this.#organizations = patientOrganizations(ports)
  }

  /** The stored names by id. Reads only S3. */
  async stored(): Promise<ReadonlyMap<string, string>> {
    return namesOf(await this.#read())
  }

  /** The names by id, with new names for some of these units: a call each. Remembers them, and asks no more after an error. Writes nothing. */
  async of(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    this.#known ??= this.#read()
    const known = await this.#known
    const unknown = [...ids].filter((id) => known[id] === undefined).slice(0, this.#left)
    if (unknown.length === 0) return namesOf(known)
    const left = this.#left - unknown.length
    this.#left = 0
    const units = { ...known, ...(await this.#ask(unknown)) }
    this.#left = left
    this.#known = Promise.resolve(units)
    return namesOf(units)
  }

  /** Reads some names that are unknown or a day old, and forgets those of units without accounts. */
  async renew({ accounts }: Pick<OrganizationView, 'accounts'>): Promise<void> {
    const known = await this.#read()
    const ids = [...new Set(accounts.flatMap(({ parents }) => parents))]
    const before = this.#clock.now().getTime() - oldMs
    const readMs = (id: string): number => Date.parse(known[id]?.readAt ?? '') || 0
    const due = ids.filter((id) => readMs(id) <= before).sort((a, b) => readMs(a) - readMs(b))
    if (due.length === 0 && ids.length === Object.keys(known).length) return
    const units = { ...known, ...(await this.#ask(due.slice(0, renewedMost))) }
    const kept = ids.sort().flatMap((id) => (units[id] === undefined ? [] : [[id, units[id]] as const]))
    await this.#record.overwrite({ v: 1, units: Object.fromEntries(kept) })
  }

  async #read(): Promise<Units> {
    return (await spoiledAsAbsent(this.#record.read()))?.value.units ?? {}
  }

  async #ask(ids: readonly string[]): Promise<Units> {
    const asked = await pLimit(callsAtOnce).map(ids, async (id) => {
      const name = await this.#organizations.parentName(id)
      return name === undefined ? [] : [[id, { name, readAt: renderInstant(this.#clock.now()) }] as const]
    })
    return Object.fromEntries(asked.flat())
  }
}

function namesOf(units: Units): ReadonlyMap<string, string> {
  return new Map(Object.entries(units).map(([id, { name }]) => [id, name]))
}
