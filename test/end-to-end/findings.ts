import * as z from 'zod'

/** What `--json` of a check prints. */
export const findings = z.array(z.object({ check: z.string(), level: z.string(), told: z.string() }))
