import * as z from 'zod'
import { accountId } from './account-id.ts'
import { principalId } from './identity-center-ids.ts'
import { uploader } from './input-message.ts'

export const statusStates = [
  'applying',
  'applied',
  'waiting',
  'rejected',
  'blocked',
  'failed',
  'revoking',
  'held',
  'expired',
] as const
export type StatusState = (typeof statusStates)[number]

/** States that want a person's attention: each input in one of them stands under `attention/<state>/`. */
export const attentionStates = ['waiting', 'rejected', 'blocked', 'failed', 'held', 'stuck'] as const
export type AttentionState = (typeof attentionStates)[number]

/** What became of one input: the body of `status/<input key>.json`, for whoever uploaded it. */
export const status = z.strictObject({
  input: z.string(),
  state: z.enum(statusStates),
  /** What is the matter, for a person. */
  reason: z.string().optional(),
  /** What that person can do. */
  remedy: z.string().optional(),
  /** `false`: the access existed before, and stays when the link goes. */
  owned: z.boolean().optional(),
  warnings: z.array(z.string()).optional(),
  accounts: z
    .strictObject({
      desired: z.int().min(0),
      applied: z.int().min(0),
      open: z.int().min(0),
      failed: z.array(z.strictObject({ account: accountId, reason: z.string() })),
    })
    .optional(),
  principalId: principalId.optional(),
  permissionSetArn: z.string().optional(),
  by: uploader.optional(),
  versionId: z.string().optional(),
  /** Absent with `lastModified` where the input is gone. */
  etag: z.string().optional(),
  lastModified: z.iso.datetime().optional(),
  updatedAt: z.iso.datetime(),
})
export type Status = z.infer<typeof status>
