import * as z from 'zod'

/** Twelve digits, leading zeros kept. Source: Organizations API Reference, "Account". */
export const accountId = z
  .string()
  .regex(/^\d{12}$/)
  .brand<'AccountId'>()
export type AccountId = z.infer<typeof accountId>
