import * as z from 'zod'
import { parseAssignmentName } from '../../../domain/assignments/assignment.ts'
import { record } from '../../../domain/json/record.ts'
import { linkPrefix } from '../../../domain/links/link.ts'
import { permissionSetPrefix } from '../../../domain/permission-sets/permission-set-file.ts'
import { permissionSetArn, principalId } from '../../../domain/principals/identity-center-ids.ts'

/** The first line of an export: its origin. */
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
 * Every other line of an export, in this order of kinds. A key must have the prefix of its kind, so a changed file cannot write anywhere
 * else. The last line counts the lines before it, without the header. If it is missing, the file is cut off.
 */
export const exportLine = z.discriminatedUnion('kind', [
  /** An unchanged object of history, with the ids of its original instance. */
  record({ kind: z.literal('history'), key: under('history/'), record: z.looseObject({}) }),
  /** `isOurs`: ssofile made it or adopted it. */
  record({
    kind: z.literal('permission-set'),
    key: under(permissionSetPrefix),
    body: z.string(),
    isOurs: z.boolean(),
  }),
  record({ kind: z.literal('link'), key: under(linkPrefix), body: z.string() }),
  /** A granted entry of the ledger: its names, and their ids in the original instance. */
  record({ kind: z.literal('assignment'), name: assignmentName, principalId, permissionSetArn }),
  record({ kind: z.literal('end'), lines: z.int().min(0) }),
])
export type ExportLine = z.infer<typeof exportLine>
