import * as z from 'zod'
import type { JsonRules } from '../../shared/domain/json/json-faults.ts'
import { saysSomething } from '../../shared/domain/text/says-something.ts'

export const releaseRequest = z.strictObject({ digest: z.string().regex(/^[0-9a-f]{16}$/) })
export const pauseRequest = z.strictObject({ reason: z.string().max(1000).refine(saysSomething) })
/** `since`: the beginning of the pause that the person saw. */
export const resumeRequest = z.strictObject({ since: z.iso.datetime() })

export const operatorRules: JsonRules = {
  $: { expected: 'one JSON object with digest, reason or since', remedy: () => 'send it as the page does' },
  '$.digest': {
    expected: 'the digest of what is held, 16 hexadecimal digits',
    remedy: () => 'take it from GET /operations',
  },
  '$.reason': {
    expected: 'why all changes stop, at most 1000 characters, with letters or digits',
    remedy: () => 'write it, such as "ticket 4711"',
  },
  '$.since': { expected: 'since when the pause is in force', remedy: () => 'take it from GET /operations' },
}
