import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { renderPush } from '../../../../handlers/cli/folder/render-push.ts'
import { describeLeftPlace } from '../../../../handlers/cli/plan/left-places.ts'
import { compareFolder, type ScopeOptions } from '../../../../handlers/cli/plan/make-plan.ts'
import { renderText } from '../../../../handlers/cli/plan/render-plan.ts'
import { World } from '../../../world.ts'
import { commentOf } from './comment-of-folder.ts'

const link = 'links_data/root%all%Read-ps%team-Web%GROUP%ssofile'
const kept = 'permission_sets/Read-ps.json'
const member = (user: string, folder = '') => `memberships/${folder}oncall%${user}@acme.example%ssofile`
const gone = [member('kenji.ito'), member('maria.alvarez'), 'eligibility/oncall.json', 'policies/a.json']
const inBucket = [kept, link, ...gone, 'links_data/temporary/x', 'rules/README.md', 'hygiene.json']

let world: World
let folder: string
beforeEach(async () => {
  world = new World()
  folder = await mkdtemp(join(tmpdir(), 'left-'))
  for (const key of inBucket) await world.objects.put(key, '')
  for (const key of [kept, link]) await write(key)
})
afterEach(() => rm(folder, { recursive: true }))

async function write(path: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), '')
}

const compare = (options: Partial<ScopeOptions> = {}) =>
  compareFolder(folder, world.ports, ['team-a'], { delete: true, onStep() {}, ...options })

test('a place of the bucket that the folder lacks is counted and stays, since git keeps no empty folder', async () => {
  const { changes, left } = await compare()
  expect(changes).toMatchObject({ uploads: [], deletions: [] })
  expect(left).toEqual([
    { place: 'policies/', files: 1 },
    { place: 'eligibility/', files: 1 },
    { place: 'memberships/', files: 2 },
    { place: 'hygiene.json', files: 1 },
  ])
})

test('an empty folder, or one with .gitkeep, deletes all files of its place', async () => {
  await mkdir(join(folder, 'eligibility'))
  await write('memberships/.gitkeep')
  await write('policies/.gitkeep')
  const { changes, left } = await compare()
  expect(changes.deletions.map(({ key }) => key).sort()).toEqual([...gone].sort())
  expect(left).toEqual([{ place: 'hygiene.json', files: 1 }])
})

test('a push of a part, of a folder or without deletions counts only the places that it would compare', async () => {
  expect((await compare({ only: 'access' })).left).toEqual([])
  expect((await compare({ only: 'memberships' })).left).toEqual([{ place: 'memberships/', files: 2 }])
  expect((await compare({ delete: false })).left).toEqual([])
  await write('links_data/team-a/root%all%Read-ps%team-Web%GROUP%ssofile')
  await world.objects.put(member('kenji.ito', 'team-a/'), '')
  expect((await compare({ folder: 'team-a' })).left).toEqual([{ place: 'memberships/team-a/', files: 1 }])
})

test('both the comment and the terminal tell such a place, and neither says plainly that there is nothing to push', async () => {
  const same = Object.fromEntries([kept, link, ...gone, 'hygiene.json'].map((key) => [key, '']))
  const comment = await commentOf(world, same, [{ place: 'memberships/', files: 2 }])
  expect(comment.split('\n\n')[1]).toBe(
    '**Note**: the folder has no `memberships/`, so 2 files stay in the bucket (docs/files.md#push).',
  )
  expect(comment).not.toMatch(/nothing to push/)
  expect(comment).toContain('No file here differs, but files stay in the bucket: see above.')
  expect(renderText(describeLeftPlace({ place: 'hygiene.json', files: 1 }))).toBe(
    'the folder has no hygiene.json, so 1 file stays in the bucket (docs/files.md#push)',
  )
  const push = { uploads: [], deletions: [], same: [], faults: [], invalid: [], digest: '' }
  expect(renderPush({ ...push, left: [{ place: 'memberships/', files: 2 }] })).toBe(
    'files: nothing to push, 0 files the same; others stay in the bucket: see above\n',
  )
})
