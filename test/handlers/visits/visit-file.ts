import * as z from 'zod'
import type { Kind } from '../../../shared/domain/inputs/kind.ts'
import type { JsonRules } from '../../../shared/domain/json/json-faults.ts'
import { parseJsonFile } from '../../../shared/domain/json/parse-json.ts'
import { record } from '../../../shared/domain/json/record.ts'
import { principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../../shared/domain/principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../../../shared/domain/statuses/complaint.ts'
import { defineRecords } from '../../../shared/reconcile/records/define-record.ts'

const prefix = 'visits/'
const mostBytes = 1024

/** What a file says: while it is there, the user is a guest of this group. */
const schema = z.strictObject({ group: principalName, owner: z.string().optional() })
export type VisitFile = z.infer<typeof schema>

const rules: JsonRules = {
  $: { expected: 'one JSON object with the field group', remedy: () => 'write { "group": "…" }' },
  '$.group': { expected: 'the name of a group', remedy: () => 'write the name of the group' },
  '$.owner': { expected: 'who answers for the visit', remedy: () => 'write a name, or leave the field out' },
}

/** Our record: whom we have put into which group, or are about to. */
const ownedVisit = record({
  v: z.literal(1),
  user: principalId,
  group: principalId,
  groupName: principalName,
})
export type OwnedVisit = z.infer<typeof ownedVisit>
export const ownedVisits = defineRecords({
  at: 'owned_visits/',
  meaning: 'one visit that ssofile made',
  source: { is: 'primary' },
  key: (name: string) => name,
  value: ownedVisit,
})

/** The user whom a key names: `visits/<user name>.json`. */
export function parseVisitKey(key: string): Parsed<PrincipalName> {
  const name = principalName.safeParse(/^visits\/(.+)\.json$/.exec(key)?.[1])
  if (name.success) return parsed(name.data)
  return refused({
    object: key,
    received: `the name '${quote(key)}'`,
    expected: 'visits/<user name>.json',
    remedy: 'upload it again under such a name, then delete this one',
  })
}

export function parseVisitFile(key: string, body: Uint8Array, sizeBytes: number): Parsed<VisitFile> {
  return parseJsonFile({ key, body, sizeBytes }, { mostBytes, remedy: 'shorten it' }, schema, rules)
}

/** The row of this kind in the table of kinds. */
export const visitKind = {
  at: prefix,
  writers: 'people',
  meaning: 'who is a guest of a group',
  queue: 'people',
  queueOfEnd: 'urgent',
  uses: { write: ['owned_visits/'], put: ['history/visits/'] },
  isPushed: true,
  isKey: (key) => key.endsWith('.json'),
  mostBytes,
  parseName: parseVisitKey,
  parseBody: parseVisitFile,
  document: { file: 'visit', title: 'A visit, visits/<user name>.json', schema, rules },
} as const satisfies Kind
