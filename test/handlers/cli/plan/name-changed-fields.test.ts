import { describe, expect, test } from '@jest/globals'
import { compareInputs } from '../../../../handlers/cli/folder/compare-inputs.ts'
import { nameChangedFields, type ReadPolicies } from '../../../../handlers/cli/plan/name-changed-fields.ts'
import { renderPlan } from '../../../../handlers/cli/plan/render-plan.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import type { ObjectStore } from '../../../../shared/ports/object-store.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

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
async function plan(world: World, file: string, before: ObjectStore = world.objects, readPolicies?: ReadPolicies) {
  const body = new TextEncoder().encode(file)
  const inputs = [{ key, sizeBytes: body.length, read: async () => body }]
  const after = new ProposedObjects(world.objects, world.clock.now(), await compareInputs(world.objects, inputs))
  const options = { looksMost: 0 }
  const preview = await world.finish(previewChanges({ ...world.ports, objects: after }, world.configuration, options))
  const permissionSets = await nameChangedFields(preview.permissionSets, { before, after }, readPolicies)
  const [, , ...lines] = renderPlan({ ...preview, permissionSets }).split('\n')
  return { told: permissionSets, line: lines[0], lines }
}

test('a plan names the fields that differ between the file that was applied and the new one', async () => {
  const world = await worldWith(render({ tags: [{ Key: 'team', Value: 'a' }] }))
  const { told, line } = await plan(world, render({ sessionDurationInMinutes: 90 }))
  const fields = ['sessionDurationInMinutes', 'tags']
  expect(told).toEqual([{ name: 'Billing-ps', change: 'update', fields }])
  expect(line).toBe('* permission set Billing-ps is changed: sessionDurationInMinutes, tags')
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
    '* permission set Billing-ps is changed: inlinePolicyDocument',
    expect.stringMatching(/^ {4}warning: iam:PassRole: lets people give/),
    '    gains Write: iam:PassRole',
    '    gains Tagging: s3:PutObjectTagging',
    '    loses Read: s3:GetObject',
  ])
})

describe('what managed policies say', () => {
  const [old, next] = ['arn:aws:iam::aws:policy/Old', 'arn:aws:iam::aws:policy/Next']
  const account = accountId.parse('210000000003')
  const document = '{"Statement":{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}}'

  test('is told by action and access level, with the account it was read in and what could not be read', async () => {
    const world = await worldWith(render({ managedPoliciesArnList: [old] }))
    const why = 'nobody may'
    const readPolicies: ReadPolicies = async () =>
      new Map([
        [next, { document, account }],
        [old, { why }],
      ])
    const { told, lines } = await plan(world, render({ managedPoliciesArnList: [next] }), world.objects, readPolicies)
    expect(lines.slice(0, 6)).toEqual([
      '* permission set Billing-ps is changed: managedPoliciesArnList',
      `    gains policy: ${next}`,
      '    gains Write: sqs:SendMessage',
      `    loses policy: ${old}`,
      `    judged with the policies in account ${account}: ${next}`,
      `    not read: shown by ARN or name: ${old}: ${why}`,
    ])
    expect(told).toMatchObject([{ meaning: { policiesNotRead: [{ name: old, why }] } }])
  })

  test('is asked only where policies or the inline policy change, of both versions', async () => {
    const asked: unknown[] = []
    const readPolicies: ReadPolicies = async (...given) => {
      asked.push(given)
      return new Map()
    }
    const world = await worldWith(render({ managedPoliciesArnList: [old] }))
    const ask = (fields: object) => plan(world, render(fields), world.objects, readPolicies)
    await ask({ managedPoliciesArnList: [old], description: 'Other' })
    expect(asked).toEqual([['Billing-ps', []]])
    await ask({ managedPoliciesArnList: [next] })
    expect(asked[1]).toEqual(['Billing-ps', [next, old]])
  })
})

test('a file that says the same in another form is told as such', async () => {
  const { told, line } = await plan(await worldWith(render()), render({ managedPoliciesArnList: [] }))
  expect(told).toMatchObject([{ change: 'update', fields: [] }])
  expect(line).toBe('* permission set Billing-ps is changed: its file means the same, written differently')
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
  expect(line).toBe('* permission set Billing-ps is changed')
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
