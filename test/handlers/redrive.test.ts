import { expect, test } from '@jest/globals'
import { redrive } from '../../handlers/redrive.ts'
import { World } from '../world.ts'

const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'

test('a look that an operator asks for names the file and no author, and changes nothing by itself', async () => {
  const world = new World()
  await world.objects.as('maria').put(link, '')
  const before = await world.keys('')
  expect(await redrive(world.ports, world.configuration)({ look: link })).toBeUndefined()
  const sent = world.queues.queue('links').messages()
  expect(sent.map(({ body }) => JSON.parse(body))).toEqual([
    { v: 1, key: link, id: expect.any(String), event: 'an operator asked for a look' },
  ])
  expect(await world.keys('')).toEqual(before)
})

test.each(['policies/p.json', 'control/brake.json', 'nothing'])(
  '%s is no input that a message can name',
  async (key) => {
    const world = new World()
    await expect(redrive(world.ports, world.configuration)({ look: key })).rejects.toThrow(key)
  },
)
