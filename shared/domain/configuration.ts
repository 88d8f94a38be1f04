import * as z from 'zod'
import { permissionSetName } from './permission-set-name.ts'

const whole = z.int().min(0)

/** A folder under `links_data/`, without slashes at its ends; `%` starts the link grammar and so cannot be in it. */
const folder = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?!\/)[^%]*[^%/]$/, 'a folder neither begins nor ends with / and has no %')
  // Links in any other folder would all be rejected, and nobody could see why.
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'a folder has no control characters')
  .refine((name) => name === name.normalize('NFC'), 'a folder is in Unicode normal form NFC')

/** One JSON file, every key optional; the same for the local system, the command line and a deployment. */
export const configuration = z.strictObject({
  supportNestedOu: z.boolean().default(true),
  folders: z
    .array(folder)
    .max(20)
    .refine((names) => new Set(names).size === names.length, 'each folder is declared once')
    .default([]),
  urgentPermissionSets: z.array(permissionSetName).default([]),
  principalSuffix: z.string().default(''),
  includeManagementAccount: z.boolean().default(false),
  orphanGraceMinutes: whole.default(60),
  onDrift: z.enum(['restore', 'report']).default('restore'),
  brake: z
    .strictObject({
      indirect: z
        .strictObject({
          count: whole.default(20),
          percent: z.number().min(0).max(100).default(10),
          most: whole.default(200),
          hours: z.number().positive().default(24),
        })
        .prefault({}),
      own: z
        .strictObject({
          count: whole.default(20),
          percent: z.number().min(0).max(100).default(10),
          minutes: z.number().positive().default(15),
        })
        .prefault({}),
    })
    .prefault({}),
  limits: z
    .strictObject({
      outstanding: z.int().min(1).max(15).default(15),
      callsPerSecond: z.number().positive().max(20).default(20),
      provisionings: z.int().min(1).max(3).default(3),
    })
    .prefault({}),
})
export type Configuration = z.infer<typeof configuration>

export const defaultConfiguration: Configuration = configuration.parse({})
