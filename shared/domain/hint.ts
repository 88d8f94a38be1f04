import * as z from 'zod'
import { accountId } from './account-id.ts'
import { permissionSetName } from './permission-set-name.ts'
import { principalName, principalType } from './principal.ts'

/**
 * Where to look, never what to do. `cause` is the input key that changed: where to look first, and whose status is to
 * be told; it is never evidence.
 */
export const hint = z.discriminatedUnion('kind', [
  z.strictObject({
    v: z.literal(1),
    kind: z.literal('assignment'),
    account: accountId,
    permissionSet: permissionSetName,
    principal: principalName,
    type: principalType,
    cause: z.string(),
  }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal('permission-set'),
    permissionSet: permissionSetName,
    cause: z.string(),
  }),
])
export type Hint = z.infer<typeof hint>
