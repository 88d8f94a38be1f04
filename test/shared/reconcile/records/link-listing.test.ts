import { describe, expect, test } from '@jest/globals'
import { LinkListing } from '../../../../shared/reconcile/records/link-listing.ts'
import { LinkReadings } from '../../../../shared/reconcile/records/link-readings.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const link = 'links_data/root%all%Billing-ps%team-Web%GROUP%ssofile'
const other = 'links_data/root%all%Billing-ps%team-Data%GROUP%ssofile'
const minute = 60_000

/** `asked`: every request for a link, or a listing of them. */
function open() {
  const asked: string[] = []
  const world: World = new World()
  const { objects } = intercept(world.ports, async ({ operation, args, proceed }) => {
    asked.push(`${operation} ${args[0]}`)
    return proceed()
  })
  const listing = new LinkListing(objects, world.configuration, world.clock)
  const begin = (sinceMs?: number) => new LinkReadings(objects, world.configuration, listing, sinceMs)
  return { world, asked, begin }
}

const stateOf = async (readings: LinkReadings, key: string) => (await readings.read(key)).state

describe('what an evaluation reads of the links', () => {
  test('is one listing, and each link that it shows once', async () => {
    const { world, asked, begin } = open()
    await world.objects.put(link, '')
    const readings = begin()
    expect(await stateOf(readings, link)).toBe('in-force')
    expect(await stateOf(readings, link)).toBe('in-force')
    expect(await readings.read(other)).toMatchObject({ state: 'absent', link: { principal: 'team-Data' } })
    expect(await readings.kinds()).toEqual(new Set(['root']))
    expect(asked).toEqual(['list links_data/', `get ${link}`])
  })

  test('is read again by the next evaluation: what is deleted or uploaded meanwhile is seen', async () => {
    const { world, begin } = open()
    await world.objects.put(link, '')
    await world.clock.advance(minute)
    expect(await stateOf(begin(), link)).toBe('in-force')
    await world.objects.delete(link)
    await world.objects.put(other, '')
    const next = begin()
    expect(await stateOf(next, link)).toBe('absent')
    expect(await stateOf(next, other)).toBe('in-force')
  })

  test('stands for the next evaluation while the listing shows the same object', async () => {
    const { world, asked, begin } = open()
    await world.objects.put(link, '')
    await world.clock.advance(minute)
    const first = await begin().read(link)
    expect(await begin().read(link)).toEqual(first)
    expect(asked).toEqual(['list links_data/', `get ${link}`, 'list links_data/'])
    await world.objects.put(link, JSON.stringify({ reason: 'audit' }))
    expect(await begin().read(link)).toMatchObject({ state: 'in-force', body: { reason: 'audit' } })
  })

  test('is shared by all whose hints were pulled before the listing', async () => {
    const { world, asked, begin } = open()
    await world.objects.put(link, '')
    const pulledMs = world.clock.monotonicMs()
    await world.clock.advance(1_000)
    await Promise.all([stateOf(begin(pulledMs), link), stateOf(begin(pulledMs), link)])
    expect(asked).toEqual(['list links_data/', `get ${link}`])
    await world.objects.delete(link)
    expect(await stateOf(begin(world.clock.monotonicMs() - 1), link)).toBe('in-force')
    await world.clock.advance(1)
    expect(await stateOf(begin(world.clock.monotonicMs()), link)).toBe('absent')
    expect(await stateOf(begin(pulledMs), link)).toBe('absent')
  })

  test('does not stand where the same content was uploaded again', async () => {
    const { world, asked, begin } = open()
    await world.objects.put(link, '')
    await world.clock.advance(minute)
    await begin().read(link)
    await world.objects.put(link, '')
    await begin().read(link)
    expect(asked.filter((one) => one.startsWith('get'))).toHaveLength(2)
  })

  test('does not stand where it could be replaced within the second that S3 dates it by', async () => {
    const { world, asked, begin } = open()
    await world.objects.put(link, '')
    await world.clock.advance(1_999)
    await begin().read(link)
    await world.clock.advance(1)
    await begin().read(link)
    await begin().read(link)
    expect(asked.filter((one) => one.startsWith('get'))).toHaveLength(2)
  })

  test('does not stand where time changes what the link says', async () => {
    const { world, begin } = open()
    const at = (ms: number) => new Date(world.clock.now().getTime() + ms).toISOString()
    await world.objects.put(link, JSON.stringify({ expiresAt: at(2 * minute) }))
    await world.clock.advance(minute)
    expect(await stateOf(begin(), link)).toBe('in-force')
    await world.clock.advance(minute)
    expect(await stateOf(begin(), link)).toBe('expired')
  })

  test('tells what scopes are made of, and nothing of a key that only looks like a link', async () => {
    const { world, begin } = open()
    await world.objects.put('links_data/account_tag%team', '')
    expect(await begin().kinds()).toEqual(new Set())
    await world.objects.put('links_data/account_tag%team^Web%Billing-ps%team-Web%GROUP%ssofile', '')
    expect(await begin().kinds()).toEqual(new Set(['account_tag']))
  })

  test('is each link by itself where there are more than 250', async () => {
    const { world, asked, begin } = open()
    for (let index = 0; index < 250; index++) await world.objects.put(`links_data/${index}`, '')
    await world.objects.put(link, '')
    const readings = begin()
    expect(await stateOf(readings, link)).toBe('in-force')
    expect(await stateOf(readings, other)).toBe('absent')
    expect(await readings.kinds()).toBeUndefined()
    await begin().read(other)
    expect(asked).toEqual(['list links_data/', `get ${link}`, `get ${other}`, `get ${other}`])
  })
})
