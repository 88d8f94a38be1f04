import { expect, test } from '@jest/globals'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { askOnce } from '../../../../shared/reconcile/directory/ask-once.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const name = principalName.parse('kenji.ito@acme.example')

test('a user is asked for once, and again after a user was changed through the same port', async () => {
  const world = new World()
  const asked: string[] = []
  const { identityStore } = intercept(world.ports, async ({ operation, proceed }) => {
    asked.push(operation)
    return proceed()
  })
  const once = askOnce(identityStore)
  const id = await once.findPrincipalId('USER', name)
  if (id === undefined) throw new Error(`there is no ${name}`)
  const [first, again] = [await once.findUser(id), await once.findUser(id)]
  expect(again).toBe(first)
  await once.updatePerson(id, { title: 'Engineer' })
  expect((await once.findUser(id))?.profile.title).toBe('Engineer')
  expect(asked).toEqual(['findPrincipalId', 'findUser', 'updatePerson', 'findUser'])
})
