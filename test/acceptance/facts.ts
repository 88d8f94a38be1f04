import * as z from 'zod'

/** What a step measured, by name: a duration (`…Ms`), or what AWS said. */
export type Facts = Readonly<Record<string, string | number | boolean>>

export const factsFile = z.object({
  v: z.literal(1),
  /** What was asked: an endpoint, or AWS. */
  of: z.string(),
  at: z.iso.datetime(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  steps: z.array(
    z.object({
      step: z.string(),
      outcome: z.enum(['passed', 'failed', 'skipped']),
      reason: z.string().optional(),
      statuses: z.array(z.string()).optional(),
      seconds: z.number(),
    }),
  ),
})
export type FactsFile = z.infer<typeof factsFile>

export type Difference = { readonly fact: string; readonly measured: unknown; readonly models: unknown }

/** Ids and names of one run, and instants, say nothing about AWS. */
const ofOneRun: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>'],
  [/arn:aws[a-z-]*:[\w:/.-]+/g, '<arn>'],
  [/acc-[0-9a-z]+[\w-]*/g, '<name>'],
  [/\bd-[0-9a-f]{10}\b/g, '<directory>'],
  [/\b\d{12}\b/g, '<account>'],
]

/** Where the models say something else than what was measured. How long something takes depends on the day. */
export function compareFacts(measured: FactsFile['facts'], models: FactsFile['facts']): readonly Difference[] {
  const plain = (value: unknown) =>
    typeof value === 'string' ? ofOneRun.reduce((text, [pattern, to]) => text.replaceAll(pattern, to), value) : value
  return Object.keys(measured)
    .filter((fact) => !fact.endsWith('Ms') && fact in models && plain(measured[fact]) !== plain(models[fact]))
    .sort()
    .map((fact) => ({ fact, measured: measured[fact], models: models[fact] }))
}
