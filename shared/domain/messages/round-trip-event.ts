import * as z from 'zod'

const source = 'ssofile.doctor'
const roundTrip = z.object({ source: z.literal(source), id: z.uuid() })

/** The body of a message that `ssofile doctor` sends to the queue of events, to see it handled. It changes nothing. */
export function renderRoundTrip(id: string): string {
  return JSON.stringify({ version: '0', id, source, 'detail-type': 'Round Trip', detail: {} })
}

/** The id of such a message; `undefined`: it is another. */
export function parseRoundTrip(body: unknown): string | undefined {
  return roundTrip.safeParse(body).data?.id
}
