import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { readExport } from '../../../../handlers/cli/take-over/read-export.ts'

const now = new Date('2026-03-03T10:00:00.000Z')
const at = '2026-03-03T09:00:00.000Z'
const id = '11112222-3333-4444-5555-666677778888'
const access = `account%200000000001%Reader%${id}%GROUP`
const header = {
  ...{ ssofile: 'export', v: 1, bucket: 'there', instanceArn: 'arn:aws:sso:::instance/ssoins-1' },
  ...{ identityStoreId: 'd-1', exportedAt: now.toISOString() },
}
const history = (key: string, record: object = { event: 'granted', at }) => ({ kind: 'history', key, record })
const granted = history(`history/${access}/${at}%granted.json`)
const made = history(`history/permission-set%Reader/${at}%created.json`, { event: 'created', at })
const link = { kind: 'link', key: 'links_data/team/a/root%all%Reader%readers%GROUP%ssofile', body: '' }

/** All lines of a file with a good line and then this one. */
async function read(line: object): Promise<number> {
  const path = join(await mkdtemp(join(tmpdir(), 'ssofile-')), 'access.jsonl')
  const lines = [header, link, line, { kind: 'end', lines: 2 }]
  await writeFile(path, lines.map((one) => `${JSON.stringify(one)}\n`).join(''))
  const file = await readExport(path, now)
  return file === undefined ? 0 : (await Array.fromAsync(file.lines())).length
}

test.each([
  ['access', granted],
  ['a permission set', made],
])('an event of %s is taken from an export', async (_, line) => {
  expect(await read(line)).toBe(2)
})

const tomorrow = '2026-03-04T10:00:00.000Z'
test.each([
  ['history of no access', history(`history/pause/${at}%granted.json`), 'expected history/'],
  ['history in a deeper folder', history(`history/${access}/x/${at}%granted.json`), 'expected history/'],
  [
    'an event that nobody knows',
    history(`history/${access}/${at}%owned.json`, { event: 'owned', at }),
    'expected history/',
  ],
  ['no instant', history(`history/${access}/9%granted.json`, { event: 'granted', at: '9' }), 'expected history/'],
  ['a record of another event', history(granted.key, { event: 'revoked', at }), 'a record of another event'],
  ['a record of another time', history(granted.key, { event: 'granted', at: tomorrow }), 'a record of another event'],
  [
    'an event that is still to come',
    history(`history/${access}/${tomorrow}%granted.json`, { event: 'granted', at: tomorrow }),
    'expected an event before 2026-03-03T10:00:00.000Z',
  ],
  [
    'a key that is no link',
    { ...link, key: 'links_data/\u001b[31mred' },
    "'links_data/\\u{1b}[31mred', expected the name of a link",
  ],
  [
    'a key that is no permission set',
    { kind: 'permission-set', key: 'permission_sets/a/b.json', body: '{}', isOurs: true },
    'expected permission_sets/<name>.json',
  ],
])('an export with %s is refused, and the error names its line', async (_, line, told) => {
  await expect(read(line)).rejects.toThrow(/access\.jsonl', line 3: |access\.jsonl, line 3: /)
  await expect(read(line)).rejects.toThrow(told)
})
