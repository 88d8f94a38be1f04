import * as z from 'zod'

const source = 'ssofile.doctor'
const roundTrip = z.object({ source: z.literal(source), id: z.uuid() })

/** `ssofile doctor` sends this message to the queue of events and waits until a function handles it. The message changes nothing. */
export function renderRoundTrip(id: string): string {
  return JSON.stringify({ version: '0', id, source, 'detail-type': 'Round Trip', detail: {} })
}

/** The id in a round trip message. `undefined`: another message. */
export function parseRoundTrip(body: unknown): string | undefined {
  return roundTrip.safeParse(body).data?.id
}
