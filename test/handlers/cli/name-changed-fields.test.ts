import { expect, test } from '@jest/globals'
import { compareInputs } from '../../../handlers/cli/compare-inputs.ts'
import { nameChangedFields } from '../../../handlers/cli/name-changed-fields.ts'
import { ProposedObjects } from '../../../handlers/cli/proposed-objects.ts'
import { renderPlan } from '../../../handlers/cli/render-plan.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { previewChanges } from '../../../shared/reconcile/preview/preview.ts'
import { intercept } from '../../intercept.ts'
import { World } from '../../world.ts'

const key = 'permission_sets/Billing-ps.json'
const render = (fields: object = {}) => JSON.stringify({ permissionSetName: 'Billing-ps', ...fields })

/** A world where Billing-ps was made from this file. */
async function worldWith(file: string): Promise<World> {
  const world = new World().start({ dispatcher: false })
  await world.objects.put(key, file)
  await world.look()
  await world.finish(world.slice())
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'applied' })
  return world
}

/** What the plan of a folder with this one file says of its permission set: its fields, and in words. */
async function plan(world: World, file: string, before: ObjectStore = world.objects) {
  const body = new TextEncoder().encode(file)
  const inputs = [{ key, sizeBytes: body.length, read: async () => body }]
  const after = new ProposedObjects(world.objects, world.clock.now(), await compareInputs(world.objects, inputs))
  const options = { looksMost: 0 }
  const preview = await world.finish(previewChanges({ ...world.ports, objects: after }, world.configuration, options))
  const permissionSets = await nameChangedFields(preview.permissionSets, { before, after })
  const [, , ...lines] = renderPlan({ ...preview, permissionSets }).split('\n')
  return { told: permissionSets, line: lines[0], lines }
}

test('a plan names the fields that differ between the file that was applied and the new one', async () => {
  const world = await worldWith(render({ tags: [{ Key: 'team', Value: 'a' }] }))
  const { told, line } = await plan(world, render({ sessionDurationInMinutes: 90 }))
  const fields = ['sessionDurationInMinutes', 'tags']
  expect(told).toEqual([{ name: 'Billing-ps', change: 'update', fields }])
  expect(line).toBe('* permission set Billing-ps  is changed: sessionDurationInMinutes, tags')
})

test('a plan names the actions that are gained and lost, with AWS’s access levels and a plain warning', async () => {
  const allow = (...Action: string[]) => ({
    inlinePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] },
  })
  const world = await worldWith(render(allow('s3:GetObject')))
  const { told, lines } = await plan(world, render(allow('IAM:passrole', 's3:PutObjectTagging')))
  expect(told).toMatchObject([
    {
      meaning: {
        gained: [
          { name: 'iam:PassRole', level: 'Write' },
          { name: 's3:PutObjectTagging', level: 'Tagging' },
        ],
        lost: [{ name: 's3:GetObject', level: 'Read' }],
      },
    },
  ])
  expect(lines.slice(0, 5)).toEqual([
    '* permission set Billing-ps  is changed: inlinePolicyDocument',
    expect.stringMatching(/^ {4}warning: iam:PassRole: whoever has it/),
    '    gains Write: iam:PassRole',
    '    gains Tagging: s3:PutObjectTagging',
    '    loses Read: s3:GetObject',
  ])
})

test('a file that says the same in another form is told as such', async () => {
  const { told, line } = await plan(await worldWith(render()), `${render()}\n`)
  expect(told).toMatchObject([{ change: 'update', fields: [] }])
  expect(line).toBe('* permission set Billing-ps  is changed: its file means the same, written differently')
})

test.each<[string, (world: World) => Promise<unknown>]>([
  ['is not valid', (world) => world.objects.put(key, '{')],
  ['is another than was applied', (world) => world.objects.put(key, render({ description: 'Not applied' }))],
  ['is gone', (world) => world.objects.delete(key)],
])('no field is named where the file in the bucket %s', async (_, change) => {
  const world = await worldWith(render())
  await change(world)
  const { told, line } = await plan(world, render({ sessionDurationInMinutes: 90 }))
  expect(told).toEqual([{ name: 'Billing-ps', change: 'update' }])
  expect(line).toBe('* permission set Billing-ps  is changed')
})

test('no field is named where the file in the bucket may not be read', async () => {
  const world = await worldWith(render())
  const { objects } = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation === 'get' && args[0] === key) throw new ServiceError('s3', 'AccessDenied', 'no')
    return proceed()
  })
  const { told } = await plan(world, render({ sessionDurationInMinutes: 90 }), objects)
  expect(told).toEqual([{ name: 'Billing-ps', change: 'update' }])
})

test('what is created, deleted or rejected has no fields', async () => {
  const world = new World()
  expect((await plan(world, render())).told).toEqual([{ name: 'Billing-ps', change: 'create' }])
  expect((await plan(world, '{')).told).toMatchObject([{ change: 'rejected' }])
})
