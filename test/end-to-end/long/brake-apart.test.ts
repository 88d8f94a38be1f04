import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UpdateGroupCommand } from '@aws-sdk/client-identitystore'
import { afterEach, expect, test } from '@jest/globals'
import { type Configuration, defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const set = 'ReadOnly-ps'
const accounts = ['200000000001', '200000000002', '200000000003'] as const
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix} ${index}`)
/** Each group has access in one account; one request at a time goes to an account. */
const rest = (group: string) =>
  `account%${accounts[Number(/ (\d+)$/.exec(group)?.[1] ?? 2) % 3]}%${set}%${group}%GROUP%ssofile`
const linkOf = (folder: string, group: string) => `links_data/${folder}/${rest(group)}`

let system: LocalSystem
let flapping: ReturnType<typeof flap> | undefined
afterEach(async () => {
  await flapping?.stop()
  await system.stop()
})

/** `me` uploads into the folder team-a, `other` into team-b; the operator may write `control/`. */
async function start(groups: readonly string[], brake: Configuration['brake'] = defaultConfiguration.brake) {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: [...groups] }),
    configuration: { brake, folders: ['team-a', 'team-b'] },
    timeScale: 3,
  })
  await system.upload(`permission_sets/${set}.json`, permissionSetFile(set))
}

async function grant(links: readonly string[], as: string): Promise<void> {
  await Promise.all(links.map((link) => system.upload(link, '', as)))
  await system.untilStatuses(links, 'applied', { withinMs: 90_000 })
}

type ShownList = { readonly digest: string; readonly name?: string; readonly held: readonly { readonly key: string }[] }

async function shown(): Promise<readonly ShownList[]> {
  return JSON.parse((await system.ssofile(['brake', '--json'])).stdout).lists
}

/**
 * Deletes each link and uploads it again, over and over, until told to stop. Each is back a while after its deletion was
 * seen, each time another while: some are back just when their revocation is decided.
 */
function flap(
  links: readonly string[],
  as: string,
): { readonly flips: () => number; readonly stop: () => Promise<void> } {
  let isOver = false
  let flips = 0
  const untilChanged = async (link: string, isMeant: (state: string | undefined) => boolean) => {
    while (!isOver && !isMeant((await system.status(link))?.state)) await sleep(40)
  }
  const flapping = links.map(async (link, index) => {
    while (!isOver) {
      await system.remove(link, as)
      await untilChanged(link, (state) => state !== 'applied')
      await sleep(((index * 7 + flips) % 20) * 10)
      await system.upload(link, '', as)
      await untilChanged(link, (state) => state === 'applied')
      flips += 1
    }
  })
  return {
    flips: () => flips,
    stop: async () => {
      isOver = true
      await Promise.all(flapping)
    },
  }
}

test('a renamed group loses its access while twelve links of another folder flap', async () => {
  const groups = names('flapping', 12)
  const own = { count: 20, percent: 0, minutes: 15 }
  await start([...groups, 'of others'], {
    own,
    people: { count: 5, minutes: 15 },
    indirect: { count: 1, percent: 0, most: 200, hours: 24 },
  })
  const links = groups.map((group) => linkOf('team-a', group))
  await grant(links, 'me')
  await grant([linkOf('team-b', 'of others')], 'other')
  flapping = flap(links, 'me')
  const { flips } = flapping
  await until('thirty flips', async () => (flips() > 30 ? true : undefined), { withinMs: 60_000 })
  await rename('of others')
  await until(
    'the end of the access of the renamed group',
    async () => ((await system.recordOf(rest('of others'))) ? undefined : true),
    {
      withinMs: 60_000,
      tell: async () => `${JSON.stringify(await system.json('control/brake.json'))}\n${system.lastLogLines(60)}`,
    },
  )
  await flapping.stop()
  await system.untilStatuses(links, 'applied')
  expect(await shown()).toEqual([])
  const { windows } = (await system.json('control/brake.json')) ?? {}
  const all: readonly { rule?: string }[] = Array.isArray(windows) ? windows : []
  const indirect = JSON.stringify(all.filter(({ rule }) => rule === 'indirect'))
  expect(indirect).toContain('of others')
  expect(indirect).not.toContain('flapping')
})

async function rename(group: string): Promise<void> {
  const Operations = [{ AttributePath: 'displayName', AttributeValue: `${group}, renamed` }]
  const [IdentityStoreId, GroupId] = [await system.access.identityStoreId(), await system.groupId(group)]
  await system.identityStore.send(new UpdateGroupCommand({ IdentityStoreId, GroupId, Operations }))
}

test('a sync with --delete from a folder with two hundred links of unknown groups revokes as many as one from an empty folder', async () => {
  const groups = names('working', 60)
  await start(groups)
  const links = groups.map((group) => linkOf('team-a', group))
  await grant(links, 'me')
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-useless-'))
  for (const group of names('unknown', 200)) {
    const file = join(folder, linkOf('team-a', group))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, '')
  }
  await system.cli(
    ['s3', 'sync', join(folder, 'links_data/team-a'), 's3://ssofile/links_data/team-a/', '--delete', '--no-progress'],
    { as: 'me' },
  )
  await rm(folder, { recursive: true })
  const held = await until(
    'each of the sixty revoked or held',
    async () => {
      const [entries, waiting] = await Promise.all([system.keys('assignments/'), system.keys('attention/held/')])
      return entries.length === waiting.length ? waiting : undefined
    },
    { withinMs: 120_000, tell: () => system.lastLogLines() },
  )
  expect(held).toHaveLength(40)
})

test('an operator releases the list of one folder while four links of another folder are toggled', async () => {
  const [ours, theirs] = [names('ours', 6), names('theirs', 5)]
  const own = { count: 2, percent: 0, minutes: 15 }
  await start([...ours, ...theirs], { ...defaultConfiguration.brake, own })
  await grant(
    ours.map((group) => linkOf('team-a', group)),
    'me',
  )
  await grant(
    theirs.map((group) => linkOf('team-b', group)),
    'other',
  )
  await Promise.all(ours.map((group) => system.remove(linkOf('team-a', group), 'me')))
  await Promise.all(theirs.map((group) => system.remove(linkOf('team-b', group), 'other')))
  await until('seven held', async () => ((await system.keys('attention/held/')).length === 7 ? true : undefined), {
    tell: () => system.lastLogLines(),
  })
  const held = (await system.keys('attention/held/links_data/team-a/')).map((key) => key.replace('attention/held/', ''))
  flapping = flap(held, 'me')
  const list = (await shown()).find(({ name }) => name === 'team-b')
  expect(list?.held).toHaveLength(3)
  const released = await system.ssofile(['brake', '--release', String(list?.digest)], 'operator')
  expect(released).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('released 3 revocations') })
  await until(
    'the end of what was released',
    async () => {
      const left = (await system.named('assignments/')).filter((name) => name.includes('theirs'))
      return left.length === 0 ? true : undefined
    },
    { tell: () => system.lastLogLines() },
  )
  await flapping.stop()
  await system.untilStatuses(held, 'applied')
  await Promise.all(held.map((link) => system.remove(link, 'me')))
  await system.untilStatuses(held, 'held')
  expect((await shown()).map(({ name, held: keys }) => [name, keys.length])).toEqual([['team-a', 4]])
})
