import { describe, expect, test } from '@jest/globals'
import { parseRoundTrip, renderRoundTrip } from '../../../../shared/domain/messages/round-trip-event.ts'
import { noteArrivals, readArrivals } from '../../../../shared/modules/doctor/arrivals.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { failing, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const id = '01234567-89ab-4cde-8f01-23456789abcd'

describe('the arrivals of events', () => {
  test('are noted by kind, each with the last name and instant', async () => {
    const { ports, objects, clock } = new World()
    await noteArrivals(ports, { organization: 'MoveAccount' })
    await clock.advance(11 * 60_000)
    await noteArrivals(ports, { organization: 'CloseAccount', directory: 'Group Created' })
    const at = '2026-03-03T10:11:00.000Z'
    expect(await readArrivals(objects)).toEqual({
      v: 1,
      organization: { name: 'CloseAccount', at },
      directory: { name: 'Group Created', at },
    })
  })

  test('are written once in ten minutes, but for the message of the doctor', async () => {
    const world = new World()
    let writes = 0
    const ports = intercept(world.ports, ({ operation, proceed }) => {
      if (operation === 'put') writes++
      return proceed()
    })
    for (let event = 0; event < 50; event++) await noteArrivals(ports, { organization: `event ${event}` })
    expect(writes).toBe(1)
    await noteArrivals(ports, { roundTrip: id })
    expect(writes).toBe(2)
    expect((await readArrivals(world.objects))?.organization?.name).toBe('event 0')
  })

  test('that cannot be noted are logged, and hold nothing up', async () => {
    const world = new World()
    const error = new ServiceError('s3', 'AccessDenied', 'no')
    await noteArrivals(intercept(world.ports, failing('put', error)), { directory: 'Group Created' })
    expect(world.log.lines).toMatchObject([{ level: 'warn', fields: { error } }])
  })

  test('that somebody spoiled are written over', async () => {
    const { ports, objects } = new World()
    await objects.put('state/arrivals.json', '{')
    await noteArrivals(ports, { directory: 'Group Created' })
    expect((await readArrivals(objects))?.directory?.name).toBe('Group Created')
  })
})

test('only the message of the doctor is taken for it', () => {
  expect(parseRoundTrip(JSON.parse(renderRoundTrip(id)))).toBe(id)
  for (const other of [undefined, 'text', {}, { source: 'aws.organizations', id }, { source: 'ssofile.doctor', id: 7 }])
    expect(parseRoundTrip(other)).toBeUndefined()
})
