import { expect, test } from '@jest/globals'
import { attributesKey } from '../../../../shared/domain/attributes/attributes-file.ts'
import { listAttributeChanges } from '../../../../shared/modules/plan/list-attribute-changes.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const allowing = (Resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource }],
})

async function open(...keys: readonly string[]): Promise<World> {
  const world = new World()
  const rows = keys.map((Key) => ({ Key, Value: { Source: ['a'] } }))
  await world.objects.put(attributesKey, JSON.stringify({ AccessControlAttributes: rows }))
  const sets = {
    'Exact-ps': '{aws:PrincipalTag/Team}',
    'Small-ps': "{aws:principaltag/team, 'none'}",
    'Other-ps': '{aws:PrincipalTag/Teams}',
  }
  for (const [permissionSetName, variable] of Object.entries(sets))
    await world.objects.put(
      `permission_sets/${permissionSetName}.json`,
      JSON.stringify({ permissionSetName, inlinePolicyDocument: allowing(`arn:aws:s3:::x/$${variable}/*`) }),
    )
  return world
}

test('each change names the permission sets whose inline policies name the attribute, whatever its letters, and with a default', async () => {
  const { ports, configuration } = await open('Team')
  expect(await listAttributeChanges(ports, configuration)).toEqual([
    { key: 'Team', to: 'a', step: 'add', sets: ['Exact-ps', 'Small-ps'] },
  ])
})

test('without a file, or with one that is not valid, nothing would change, and nobody is asked', async () => {
  const world = await open()
  await world.objects.put(attributesKey, '[]')
  expect(await listAttributeChanges(world.ports, world.configuration)).toBeUndefined()
  await world.objects.delete(attributesKey)
  expect(await listAttributeChanges(world.ports, world.configuration)).toBeUndefined()
  expect(world.calls).toEqual([])
})

test('who may not ask what is configured is told that it is not known', async () => {
  const { ports, configuration } = await open('Team')
  const denied = intercept(ports, async ({ operation, proceed }) => {
    if (operation === 'describeAttributes') throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
    return proceed()
  })
  expect(await listAttributeChanges(denied, configuration)).toBe('denied')
})
