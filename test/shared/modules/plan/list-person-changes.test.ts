import { expect, test } from '@jest/globals'
import { renderPlan } from '../../../../handlers/cli/plan/render-plan.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { Grouping, kenji } from '../people/grouping.ts'

const ana = 'ana.ruiz@acme.example'
const file = `people/${ana}.json`
const names = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }

const open = () => new Grouping({ directory: 'identity-center' })

/** What a push of these files would do; `undefined` deletes one. */
async function plan({ world }: Grouping, files: Readonly<Record<string, object | undefined>> = {}) {
  const all = Object.entries(files).map(([key, content]) => ({ key, content }))
  const objects = new ProposedObjects(world.objects, world.clock.now(), {
    uploads: all.flatMap(({ key, content }) =>
      content === undefined ? [] : [{ key, body: new TextEncoder().encode(JSON.stringify(content)) }],
    ),
    deletions: all.filter(({ content }) => content === undefined),
  })
  return world.finish(previewChanges({ ...world.ports, objects }, world.configuration, { looksMost: 300 }))
}

async function applied(content: object = names): Promise<Grouping> {
  const grouping = open()
  await grouping.put(file, content)
  await grouping.until(file, 'applied')
  return grouping
}

test('a user who is not there is made, and the plan says when the person ends and is deleted', async () => {
  const endsAt = '2999-01-01T00:00:00Z'
  const preview = await plan(open(), { [file]: { ...names, endsAt, deleteAfterDays: 90 } })
  expect(preview.people).toEqual([{ name: ana, change: 'create', endsAt, deleteAfterDays: 90 }])
  const told = renderPlan(preview)
  expect(told).toContain('1 user to make or change')
  expect(told).toContain(
    `+ user '${ana}' is made; counts as suspended from ${endsAt}; is deleted 90 days later, if nothing is left ('${file}')`,
  )
})

test('a user who is there is adopted where governance lets it be, and one who begins later waits', async () => {
  const startsAt = '2999-01-01T00:00:00Z'
  const files = { [`people/${kenji}.json`]: { ...names, title: 'Engineer' }, [file]: { ...names, startsAt } }
  const refused = await plan(open(), files)
  expect(refused.people[1]).toMatchObject({ name: kenji, change: 'rejected' })
  const { people } = await plan(open(), { ...files, 'policies/p.json': { contact: 'it', adoptPeople: ['kenji*'] } })
  expect(people).toMatchObject([
    { name: ana, change: 'wait', at: startsAt },
    { name: kenji, change: 'adopt', fields: expect.arrayContaining(['title']) },
  ])
})

test('of a file that changes the plan names the fields, and of one that is as it was applied nobody is asked', async () => {
  const grouping = await applied({ ...names, title: 'Engineer' })
  const before = grouping.world.calls.length
  expect((await plan(grouping)).people).toEqual([])
  expect(grouping.world.calls.slice(before)).not.toContainEqual(expect.objectContaining({ operation: 'findUser' }))
  const preview = await plan(grouping, { [file]: { ...names, department: 'Web' } })
  expect(preview.people).toEqual([{ name: ana, change: 'change', fields: ['title', 'department'] }])
  expect(renderPlan(preview)).toContain(`* user '${ana}' changes title, department`)
})

test('a person whose file goes counts as suspended, and one who has ended comes back by a file', async () => {
  const grouping = await applied({ ...names, deleteAfterDays: 30 })
  const preview = await plan(grouping, { [file]: undefined })
  expect(preview.people).toEqual([{ name: ana, change: 'end', deleteAfterDays: 30 }])
  expect(renderPlan(preview)).toContain(
    `- user '${ana}' counts as suspended, since the file is gone; is deleted 30 days later`,
  )
  await grouping.delete(file)
  await grouping.until(file, 'revoking')
  const ended = await plan(grouping)
  expect(ended.people).toMatchObject([{ change: 'ended', at: expect.any(String) }])
  expect(renderPlan(ended)).toContain(`user '${ana}' has ended, and is deleted after`)
  expect((await plan(grouping, { [file]: names })).people).toMatchObject([{ change: 'return' }])
})

test('where a provider keeps the users, every file is refused, and nothing else is told', async () => {
  const { people } = await plan(new Grouping(), { [file]: names })
  expect(people).toEqual([
    { name: ana, change: 'rejected', reason: expect.stringContaining('"directory": "identity-center"') },
  ])
})
