import * as z from 'zod'
import { parseAssignmentName } from '../assignments/assignment.ts'
import { record } from '../json/record.ts'
import { linkPrefix } from '../links/link.ts'
import { permissionSetPrefix } from '../permission-sets/permission-set-file.ts'
import { permissionSetArn, principalId } from '../principals/identity-center-ids.ts'

/** The first line of an export: where it comes from. */
export const exportHeader = record({
  ssofile: z.literal('export'),
  v: z.literal(1),
  bucket: z.string(),
  instanceArn: z.string(),
  identityStoreId: z.string(),
  exportedAt: z.iso.datetime(),
})
export type ExportHeader = z.infer<typeof exportHeader>

const assignmentName = z.string().refine((name) => parseAssignmentName(name) !== undefined)
const under = (prefix: string) => z.string().startsWith(prefix)

/**
 * Every other line of an export, in this order of kinds. Keys are held to their prefix: a file that somebody has changed
 * writes nowhere else. The last line says how many there are before it, without the header: a file without it is cut off.
 */
export const exportLine = z.discriminatedUnion('kind', [
  /** An object of history as it is, with the ids of the instance that it happened in. */
  record({ kind: z.literal('history'), key: under('history/'), record: z.looseObject({}) }),
  /** `isOurs`: ssofile made it, or had taken it over. */
  record({
    kind: z.literal('permission-set'),
    key: under(permissionSetPrefix),
    body: z.string(),
    isOurs: z.boolean(),
  }),
  record({ kind: z.literal('link'), key: under(linkPrefix), body: z.string() }),
  /** An entry of the ledger that was granted: its names, and the ids that they stood for there. */
  record({ kind: z.literal('assignment'), name: assignmentName, principalId, permissionSetArn }),
  record({ kind: z.literal('end'), lines: z.int().min(0) }),
])
export type ExportLine = z.infer<typeof exportLine>
