import { expect, test } from '@jest/globals'
import { linkBodyMostBytes } from '../../../../shared/domain/links/link-body.ts'
import { readLink } from '../../../../shared/reconcile/records/read-link.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const key = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
const misspelt = 'links_data/root%all%Billing-ps%team-Accountants%group%ssofile'

async function read(body: string | undefined, name = key) {
  const world = new World()
  if (body !== undefined) await world.objects.put(name, body)
  return readLink(world.objects, name, { folders: [] })
}

test.each([
  ['', 'in-force'],
  ['{"reason":"audit"}', 'in-force'],
  ['{"expiresAt":"2026-03-03T10:00:01Z"}', 'in-force'],
  ['{"expiresAt":"2026-03-03T10:00:00Z"}', 'expired'],
  ['{"notBefore":"2026-03-03T10:00:00Z"}', 'in-force'],
  ['{"notBefore":"2026-03-03T10:00:01Z"}', 'not-yet'],
])('a link whose body is %j is %s at ten', async (body, state) => {
  const reading = await read(body)
  expect(reading).toMatchObject({ state, link: { key }, object: { key, size: body.length } })
  expect(reading).not.toHaveProperty('object.body')
})

test('a link that is not there is absent, also where its key would not be valid', async () => {
  expect(await read(undefined)).toMatchObject({ state: 'absent', link: { key } })
  expect(await read(undefined, misspelt)).toEqual({ state: 'absent' })
})

test('a link whose key is not valid is rejected, whatever its body says', async () => {
  const reading = await read('', misspelt)
  expect(reading).toMatchObject({ state: 'rejected', object: { key: misspelt } })
  expect(reading).toHaveProperty('complaint.remedy', expect.stringContaining('GROUP'))
  expect(reading?.link).toBeUndefined()
})

test('a link whose body is not valid is rejected, and grants nothing', async () => {
  for (const body of ['{"expires":"2026-03-04T10:00:00Z"}', '{"expiresAt":', '[]']) {
    const reading = await read(body)
    expect(reading).toMatchObject({ state: 'rejected', link: { key }, object: { key } })
    expect(reading).toHaveProperty('complaint.object', expect.stringContaining('team-Accountants'))
  }
})

test('the body of a link that is too long is not fetched: it is rejected', async () => {
  const world = new World()
  const fetched: unknown[] = []
  const { objects } = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation === 'get') fetched.push(args[1])
    return proceed()
  })
  await world.objects.put(key, ' '.repeat(linkBodyMostBytes + 1))
  expect(await readLink(objects, key, { folders: [] })).toMatchObject({ state: 'rejected' })
  expect(fetched).toEqual([{ mostBytes: linkBodyMostBytes }])
})
