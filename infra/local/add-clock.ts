import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { LocalClocks } from './local-clocks.ts'
import { parseBody } from './sessions/add-person-sessions.ts'

const secondMs = 1_000
const [minuteMs, hourMs, dayMs] = [60 * secondMs, 3_600 * secondMs, 86_400 * secondMs]
const mostDays = 366
const expected = `{"add": "P2D"}: days, hours, minutes and seconds, more than none and at most ${mostDays} days; no clock goes back`

const order = z.strictObject({
  add: z
    .string()
    .regex(/^P(?=\d|T\d)(\d{1,9}D)?(T(?=\d)(\d{1,9}H)?(\d{1,9}M)?(\d{1,9}S)?)?$/)
    .transform(millisecondsOf)
    .refine((ms) => ms > 0 && ms <= mostDays * dayMs),
})

/** `POST /_ssofile/clock` with `{"add": "P2D"}` moves all clocks ahead; `GET` answers the present instant. */
export function addClock(
  app: Pick<FastifyInstance, 'get' | 'post'>,
  clocks: Pick<LocalClocks, 'models' | 'moveAhead'>,
  { hasBundles }: { readonly hasBundles: boolean },
): void {
  const told = () => ({ now: clocks.models.now().toISOString() })
  app.get('/_ssofile/clock', async () => told())
  app.post('/_ssofile/clock', async (request, reply) => {
    const received = parseBody(request.body)
    const body = order.safeParse(received)
    if (!body.success) return reply.code(400).send({ received, expected })
    if (hasBundles)
      return reply
        .code(409)
        .send({ received: '--bundles', expected: 'functions in this process: bundles use the time of this machine' })
    clocks.moveAhead(body.data.add)
    return told()
  })
}

function millisecondsOf(iso: string): number {
  const numberOf = (unit: RegExp) => Number(unit.exec(iso)?.[1] ?? 0)
  const [days, hours, minutes, seconds] = [/(\d+)D/, /(\d+)H/, /(\d+)M/, /(\d+)S/].map(numberOf)
  return (days ?? 0) * dayMs + (hours ?? 0) * hourMs + (minutes ?? 0) * minuteMs + (seconds ?? 0) * secondMs
}
