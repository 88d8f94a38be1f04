import * as z from 'zod'

const source = 'ssofile.doctor'
const roundTrip = z.object({ source: z.literal(source), id: z.uuid() })

/** `ssofile doctor` asks the function `redrive` to send the message with this id. */
export const roundTripQuestion = z.object({ roundTrip: z.uuid() })
export type RoundTripQuestion = z.infer<typeof roundTripQuestion>

/** A message to the queue of events. `ssofile doctor` waits until a function handles it. The message changes nothing. */
export function renderRoundTrip(id: string): string {
  return JSON.stringify({ version: '0', id, source, 'detail-type': 'Round Trip', detail: {} })
}

/** The id in a round trip message. `undefined`: another message. */
export function parseRoundTrip(body: unknown): string | undefined {
  return roundTrip.safeParse(body).data?.id
}
