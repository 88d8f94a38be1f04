import * as z from 'zod'
import type { JsonRules } from '../../shared/domain/json/json-faults.ts'
import { linkBodySchema } from '../../shared/domain/links/link-body.ts'
import { permissionSetFileSchema } from '../../shared/domain/permission-sets/permission-set-file.ts'

const linkData = z.string().min(1)
const named = z.object({ permissionSetName: z.string().min(1) })

/**
 * `POST /links`. `linkData`: the name of the link, like its file name, with its folder before it if it has one. `linkDetails`: the content
 * of its file.
 */
export const linkRequest = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('create'), linkData, linkDetails: linkBodySchema.optional() }),
  z.strictObject({ action: z.literal('delete'), linkData }),
])

/** The API judges the details as the resulting file, with the words that its uploader would get. */
export const linkEnvelope = z.discriminatedUnion('action', [
  linkRequest.options[0].extend({ linkDetails: z.json().optional() }),
  linkRequest.options[1],
])
export type LinkRequest = z.infer<typeof linkEnvelope>

const fields = permissionSetFileSchema.shape
const { permissionSetName, ...others } = fields
const nullable = Object.fromEntries(
  Object.entries(others).map(([name, schema]) => [name, z.union([schema, z.null()]).optional()]),
)

/** `POST /permission-sets`. An update contains the fields that it changes; `null` removes a field. */
export const permissionSetRequest = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('create'), permissionSetData: permissionSetFileSchema }),
  z.strictObject({
    action: z.literal('update'),
    permissionSetData: z.strictObject({ permissionSetName, ...nullable }),
  }),
  z.strictObject({ action: z.literal('delete'), permissionSetData: z.strictObject({ permissionSetName }) }),
])

export const permissionSetEnvelope = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('create'), permissionSetData: named.catchall(z.json()) }),
  z.strictObject({ action: z.literal('update'), permissionSetData: named.catchall(z.json()) }),
  z.strictObject({ action: z.literal('delete'), permissionSetData: named.strict() }),
])
export type PermissionSetRequest = z.infer<typeof permissionSetEnvelope>

export const linkRules: JsonRules = {
  $: {
    expected: 'one JSON object with the fields action, linkData and perhaps linkDetails',
    remedy: () => 'write { "action": "create", "linkData": "root%all%ReadOnly%team-a%GROUP%ssofile" }',
  },
  '$.action': { expected: '"create" or "delete"', remedy: () => 'write one of the two' },
  '$.linkData': {
    expected: 'the name of a link',
    remedy: () => 'write it as its file would be called, such as "root%all%ReadOnly%team-a%GROUP%ssofile"',
  },
  '$.linkDetails': {
    expected: 'the content of a link file',
    remedy: () => 'write { "expiresAt": "2026-12-24T18:00:00+01:00" }, or leave the field out',
  },
}

export const permissionSetRules: JsonRules = {
  $: {
    expected: 'one JSON object with the fields action and permissionSetData',
    remedy: () => 'write { "action": "create", "permissionSetData": { "permissionSetName": "…", … } }',
  },
  '$.action': { expected: '"create", "update" or "delete"', remedy: () => 'write one of the three' },
  '$.permissionSetData': {
    expected: 'a JSON object with the fields of a permission set',
    remedy: () => 'write { "permissionSetName": "…", … }',
  },
  '$.permissionSetData.permissionSetName': {
    expected: 'the name of a permission set',
    remedy: () => 'write the name of the permission set',
  },
}
