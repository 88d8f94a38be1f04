import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  allInputs,
  changesInScope,
  compareInputs,
  type InputScope,
} from '../../../handlers/cli/folder/compare-inputs.ts'
import { nameInputs } from '../../../handlers/cli/folder/folder-inputs.ts'
import type { LocalFile } from '../../../handlers/cli/folder/proposed-folder.ts'
import { comparePull, type LocalFolder, pullChanges } from '../../../handlers/cli/folder/pull.ts'
import { pushChanges } from '../../../handlers/cli/folder/push-changes.ts'
import { SystemClock } from '../../../shared/aws/system-clock.ts'
import { isInputName } from '../../../shared/domain/inputs/kinds.ts'
import { MemoryObjectStore } from '../../../shared/memory/s3/memory-object-store.ts'
import { SeededRandomness } from '../../../shared/memory/seeded-randomness.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { runsOf } from '../../depth.ts'

const clock = new SystemClock()
const randomness = new SeededRandomness(7)
const link = (principal: string, folder = '') => `links_data/${folder}root%all%Billing-ps%${principal}%GROUP%ssofile`

/** A folder on a file system that keeps names as they were made, and does not tell upper from lower case. */
class CaselessFolder implements LocalFolder {
  /** By path in lower case: the path as its parts were made first. */
  readonly #files = new Map<string, { readonly path: string; readonly body: Uint8Array }>()
  readonly #made = new Map<string, string>()

  async list() {
    const files = [...this.#files.values()].map(
      ({ path, body }): LocalFile => ({ path, sizeBytes: body.length, read: async () => body }),
    )
    return { files, faults: [] }
  }

  async write(path: string, body: Uint8Array): Promise<void> {
    let place = ''
    for (const name of path.split('/')) {
      // Windows: "Naming Files, Paths, and Namespaces"; Linux: at most 255 bytes.
      if (/[<>:"|?*\\\p{Cc}]|[. ]$/u.test(name) || Buffer.byteLength(name) > 255) throw new Error(`no name: '${name}'`)
      const folded = `${place}${name}`.toLowerCase()
      const made = this.#made.get(folded) ?? name
      this.#made.set(folded, made)
      place = `${place}${made}/`
    }
    this.#files.set(path.toLowerCase(), { path: place.slice(0, -1), body })
  }

  async remove(path: string): Promise<void> {
    if (!this.#files.delete(path.toLowerCase())) throw new Error(`there is no '${path}'`)
    this.#made.delete(path.toLowerCase())
    const left = [...this.#files.keys()]
    for (let above = path.toLowerCase(); above.includes('/'); ) {
      above = above.slice(0, above.lastIndexOf('/'))
      if (left.some((other) => other.startsWith(`${above}/`))) return
      this.#made.delete(above)
    }
  }
}

let objects: MemoryObjectStore
let folder: CaselessFolder
beforeEach(() => {
  objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  folder = new CaselessFolder()
})

async function push(to: ObjectStore = objects, scope: InputScope = allInputs()) {
  const { files } = nameInputs((await folder.list()).files)
  return pushChanges({ objects: to, clock, randomness }, await compareInputs(to, files, scope))
}

async function pull(from: ObjectStore = objects, scope: InputScope = allInputs()) {
  return pullChanges({ objects: from, clock, randomness }, folder, await comparePull(from, folder, scope))
}

async function contents(of: ObjectStore = objects): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { key } of of.list('')) found[key] = Buffer.from((await of.get(key))?.body ?? []).toString('hex')
  return found
}

test('awkward names and any bytes come back through a folder that does not tell upper from lower case', async () => {
  const names = ['dev', 'Dev', 'DEV', 'dev/ops', 'a:b?c', 'dot.', '.dot', 'é', 'É', 'ß', '~', '~2f', '..', 'con']
  const keys = [
    ...names.map((name) => link(name)),
    ...['Team/', 'team/', '../', '.git/'].map((name) => link('dev', name)),
  ]
  const all = [...keys, 'permission_sets/con.json', 'permission_sets/CON.json', link('x'.repeat(700))]
  for (const [index, key] of all.entries()) await objects.put(key, new Uint8Array([0, 255, index]))
  const before = await contents()
  await pull()
  const other = new MemoryObjectStore({ bucket: 'other', clock })
  expect(await push(other)).toMatchObject({ uploaded: all.length, deleted: 0, failed: [] })
  expect(await contents(other)).toEqual(before)
  expect(await push()).toEqual({ uploaded: 0, deleted: 0, changedMeanwhile: [], failed: [], undeleted: 0 })
})

test('the links of granted requests are neither pulled nor deleted, and their files in a folder are left alone', async () => {
  const temporary = 'links_data/temporary/account%200000000001%Admin-ps%maria%USER%ssofile'
  await objects.put(temporary, '{}')
  await objects.put(link('dev'), '')
  await folder.write(`${temporary}x`, new Uint8Array())
  expect(await pull()).toMatchObject({ written: 1, removed: 0 })
  expect((await folder.list()).files.map(({ path }) => path).sort()).toEqual([link('dev'), `${temporary}x`])
  await folder.remove(link('dev'))
  expect(await push()).toMatchObject({ uploaded: 0, deleted: 1 })
  expect(Object.keys(await contents())).toEqual([temporary])
})

test('a pull and a push of the same folder keep a group whose name begins with a dot, and its members', async () => {
  const keys = [
    'groups/.NET Developers.json',
    'memberships/.NET Developers%kenji.ito@acme.example%ssofile',
    'permission_sets/.Billing-ps.json',
    'rules/.NET Developers.json',
    'people/.kenji@acme.example.json',
    link('.NET Developers'),
  ]
  for (const key of keys) await objects.put(key, '{}')
  await pull()
  expect(await push()).toMatchObject({ uploaded: 0, deleted: 0 })
  const other = new MemoryObjectStore({ bucket: 'other', clock })
  await push(other)
  expect(Object.keys(await contents(other)).sort()).toEqual(keys.sort())
})

test('a push neither uploads files of systems and editors, nor deletes objects with their names', async () => {
  const names = ['.DS_Store', '.oncall.json.swp', '._oncall.json', '.#oncall.json', 'oncall.json~', 'oncall.json.bak']
  for (const name of [...names, 'oncall.json']) await folder.write(`groups/${name}`, new Uint8Array())
  await objects.put('groups/._oncall.json', '{}')
  expect(await push()).toMatchObject({ uploaded: 1, deleted: 0 })
  expect(Object.keys(await contents()).sort()).toEqual(['groups/._oncall.json', 'groups/oncall.json'])
})

test('groups are uploaded before the memberships in them, and deleted after them', async () => {
  const member = 'memberships/team-a/oncall%kenji.ito@acme.example%ssofile'
  const written: string[] = []
  const watched: ObjectStore = Object.assign(Object.create(objects) as MemoryObjectStore, {
    put: async (...args: Parameters<ObjectStore['put']>) => {
      written.push(args[0])
      return objects.put(...args)
    },
    delete: async (...args: Parameters<ObjectStore['delete']>) => {
      written.push(args[0])
      return objects.delete(...args)
    },
  })
  await folder.write(member, new Uint8Array())
  await folder.write('groups/oncall.json', new Uint8Array())
  expect(await push(watched)).toMatchObject({ uploaded: 2, failed: [] })
  await folder.remove(member)
  await folder.remove('groups/oncall.json')
  expect(await push(watched)).toMatchObject({ deleted: 2 })
  expect(written).toEqual(['groups/oncall.json', member, member, 'groups/oncall.json'])
})

test('what a restoration of files would do to the links of granted requests is left out', async () => {
  const [kept, temporary] = [link('dev'), 'links_data/temporary/account%200000000001%Admin-ps%maria%USER%ssofile']
  const heads = [kept, temporary].map((key) => ({ key, etag: 'e', lastModified: new Date(0), size: 0 }))
  const uploads = [kept, temporary].map((key) => ({ key, body: new Uint8Array() }))
  const changes = changesInScope({ uploads, deletions: heads, same: heads }, allInputs())
  expect(Object.values(changes).map((all: readonly { key: string }[]) => all.map(({ key }) => key))).toEqual([
    [kept],
    [kept],
    [kept],
  ])
})

test('whatever the bucket and the folder had, after a pull a push has nothing to do but delete what is no input', async () => {
  const letters = fc.constantFrom('a', 'A', 'b', '/', '~', '.', 'é', 'e\u0301')
  const folders = fc.string({ unit: letters, maxLength: 4 }).map((text) => (text === '' ? '' : `${text}/`))
  const principals = fc.string({ unit: fc.oneof(letters, fc.constant('%')), maxLength: 4 })
  const others = fc.constantFrom(
    'links_data/a',
    'links_data/a/b',
    'permission_sets/a',
    'groups/A.json',
    'groups/a.json',
  )
  const keys = fc.uniqueArray(
    fc.oneof(
      fc.tuple(principals, folders).map(([name, inner]) => link(name, inner)),
      others,
    ),
    { maxLength: 6 },
  )
  await fc.assert(
    fc.asyncProperty(keys, keys, async (first, second) => {
      folder = new CaselessFolder()
      for (const there of [first, second]) {
        const bucket = new MemoryObjectStore({ bucket: 'ssofile', clock })
        for (const one of there) await bucket.put(one, one)
        const inputs = there.filter(isInputName)
        await pull(bucket)
        const deleted = there.length - inputs.length
        expect(await push(bucket)).toMatchObject({ uploaded: 0, deleted, changedMeanwhile: [] })
        const files = nameInputs((await folder.list()).files)
        expect(files.faults).toEqual([])
        expect(files.files.map(({ key }) => key).sort()).toEqual(inputs.sort())
      }
    }),
    { numRuns: runsOf(100) },
  )
})

describe('the path of a file', () => {
  const named = (...paths: readonly string[]) =>
    nameInputs(paths.map((path) => ({ path, sizeBytes: 0, read: async () => new Uint8Array() })))

  test.each([
    ['links_data/~70rod/x', 'links_data/prod/x'],
    ['links_data/pr~/od/x', 'links_data/prod/x'],
    ['permission_sets/Adm~/in-ps.json', 'permission_sets/Admin-ps.json'],
    ['permission_sets/~41dmin-ps.json', 'permission_sets/Admin-ps.json'],
    ['permission_sets/~61dmin-ps.json', 'permission_sets/admin-ps.json'],
    ['permission_sets/\u212aube-ps.json', 'permission_sets/Kube-ps.json'],
    [link('dev~2Fops'), link('dev~2fops')],
    [link('E\u0301quipe'), link('Équipe')],
  ])('%s hides which key push would write, so the file counts only as %s', (path, right) => {
    const { files, faults } = named(path)
    expect(files).toEqual([])
    expect(faults).toEqual([
      {
        key: expect.anything(),
        received: expect.stringContaining(path),
        expected: expect.anything(),
        remedy: `rename the file to '${right}'`,
      },
    ])
    expect(named(right).faults).toEqual([])
    expect(named(right).files.map(({ key }) => key)).toEqual(faults.map(({ key }) => key))
  })

  test('may have escapes for a name that another one equals except for case, as long as the other one is there', () => {
    expect(named('permission_sets/dev.json', 'permission_sets/~44ev.json').faults).toEqual([])
    expect(named('permission_sets/~44ev.json').faults).toHaveLength(1)
  })

  test('may be the key itself if this file system allows the name', () => {
    const paths = [link('a:b'), 'groups/.NET Developers.json', 'permission_sets/dev.json', 'permission_sets/Dev.json']
    expect(
      named(...paths)
        .files.map(({ key }) => key)
        .sort(),
    ).toEqual(paths.toSorted())
  })
})

describe('a push', () => {
  test('uploads what differs by content, deletes what the folder lacks, and writes nothing else', async () => {
    await objects.put(link('same'), '')
    await objects.put(link('changed'), '{"reason":"a"}')
    await objects.put(link('gone'), '')
    await objects.put('assignments/x', 'ledger')
    for (const [name, body] of [
      ['same', ''],
      ['changed', '{"reason":"b"}'],
      ['new', ''],
    ] as const)
      await folder.write(link(name), Buffer.from(body))
    const written: string[] = []
    objects.onChange(({ key }) => written.push(key))
    expect(await push()).toMatchObject({ uploaded: 2, deleted: 1 })
    expect(written.sort()).toEqual([link('changed'), link('gone'), link('new')].sort())
    expect(written.at(-1)).not.toBe('assignments/x')
  })

  test('may have more files than a call may have arguments', async () => {
    const body = new Uint8Array()
    const links = Array.from({ length: 150_000 }, (_, index) => ({ key: `links_data/${index}`, body }))
    await objects.put('policies/admins.json', 'of somebody else')
    const changes = { uploads: [{ key: 'policies/admins.json', body }, ...links], deletions: [], same: [] }
    const pushed = await pushChanges({ objects, clock, randomness }, changes)
    expect(pushed.failed).toHaveLength(links.length)
  })

  test('compares bodies where the ETag is no MD5, as with KMS keys', async () => {
    const body = Buffer.from('{"reason":"a"}')
    await objects.put(link('a'), body)
    await folder.write(link('a'), body)
    const encrypted = new Proxy(objects, {
      get: (inner, name) =>
        name === 'list'
          ? async function* (prefix: string) {
              for await (const head of inner.list(prefix)) yield { ...head, etag: '0123456789abcdef0123456789abcdef' }
            }
          : Reflect.get(inner, name).bind?.(inner),
    })
    const { files } = nameInputs((await folder.list()).files)
    expect(await compareInputs(encrypted, files)).toMatchObject({ uploads: [], deletions: [], same: [{}] })
  })

  test('in one folder leaves all others alone', async () => {
    for (const key of [link('a', 'team-a/'), link('b', 'team-b/'), 'permission_sets/x.json']) await objects.put(key, '')
    await folder.write(link('c', 'team-a/'), Buffer.from(''))
    await push(objects, { prefixes: ['links_data/team-a/'], isDeleting: true })
    expect(Object.keys(await contents())).toEqual([
      link('c', 'team-a/'),
      link('b', 'team-b/'),
      'permission_sets/x.json',
    ])
  })

  test('without deleting leaves what the folder lacks', async () => {
    await objects.put(link('a'), '')
    await folder.write(link('b'), Buffer.from(''))
    await push(objects, { ...allInputs(), isDeleting: false })
    expect(Object.keys(await contents())).toEqual([link('a'), link('b')])
  })

  test.each([
    ['changed', async () => void (await objects.put(link('a'), 'theirs'))],
    ['deleted', async () => void (await objects.delete(link('a')))],
    ['made', async () => void (await objects.put(link('new'), 'theirs'))],
  ])('leaves what somebody %s meanwhile as it is, says so, and then deletes nothing', async (_, meanwhile) => {
    await objects.put(link('a'), 'before')
    await objects.put(link('gone'), '')
    await folder.write(link('a'), Buffer.from('ours'))
    await folder.write(link('new'), Buffer.from('ours'))
    const { files } = nameInputs((await folder.list()).files)
    const changes = await compareInputs(objects, files)
    await meanwhile()
    const theirs = await contents()
    const pushed = await pushChanges({ objects, clock, randomness }, changes)
    expect(pushed).toMatchObject({ uploaded: 1, deleted: 0, undeleted: 1, changedMeanwhile: [expect.any(String)] })
    const [left = ''] = pushed.changedMeanwhile
    expect((await contents())[left]).toBe(theirs[left])
    expect(await objects.head(link('gone'))).toBeDefined()
  })

  test('that meets the same content made by somebody else is done', async () => {
    await folder.write(link('a'), Buffer.from('x'))
    const { files } = nameInputs((await folder.list()).files)
    const changes = await compareInputs(objects, files)
    await objects.put(link('a'), 'x')
    expect(await pushChanges({ objects, clock, randomness }, changes)).toMatchObject({
      uploaded: 1,
      changedMeanwhile: [],
    })
  })
})

describe('what governance writes', () => {
  const policy = 'policies/admins.json'

  test('is pushed and pulled with the rest, without what does not count there', async () => {
    await objects.put('policies/README.md', 'x')
    await objects.put('selectors/old.json', '{}')
    for (const key of [policy, 'policies/tests/admins.json', 'eligibility/ops.json', link('dev')])
      await folder.write(key, new Uint8Array([7]))
    expect(await push()).toMatchObject({ uploaded: 4, deleted: 1 })
    expect(Object.keys(await contents())).toEqual([
      'eligibility/ops.json',
      link('dev'),
      'policies/README.md',
      policy,
      'policies/tests/admins.json',
    ])
    await folder.remove(policy)
    expect(await pull()).toMatchObject({ written: 1, removed: 0 })
  })

  test('is written before links, which it might refuse, and deleted after them', async () => {
    const calls: string[] = []
    const told = new Proxy(objects, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: readonly unknown[]) => {
          if (name === 'put' || name === 'delete') calls.push(`${name} ${String(given[0]).split('/')[0]}`)
          return Reflect.apply(value, target, given)
        }
      },
    })
    for (const key of [link('dev'), 'selectors/a.json']) await folder.write(key, new Uint8Array([7]))
    await push(told)
    for (const key of [link('dev'), 'selectors/a.json']) await folder.remove(key)
    await push(told)
    expect(calls).toEqual(['put selectors', 'put links_data', 'delete links_data', 'delete selectors'])
  })

  test('that cannot be written keeps links away', async () => {
    for (const key of [link('dev'), policy]) await folder.write(key, new Uint8Array([7]))
    const { files } = nameInputs((await folder.list()).files)
    const changes = await compareInputs(objects, files)
    await objects.put(policy, 'of somebody else')
    expect(await pushChanges({ objects, clock, randomness }, changes)).toMatchObject({
      uploaded: 0,
      changedMeanwhile: [policy],
      failed: [{ key: link('dev'), reason: expect.stringContaining('some files of governance') }],
    })
  })
})

describe('a pull', () => {
  test('fetches no object whose key is no name of an input, and lists it', async () => {
    const others = ['links_data/team-a/.git/config', 'links_data/team-a/HEAD', 'permission_sets/.vscode/tasks.json']
    for (const key of [link('dev', 'team-a/'), 'permission_sets/Admin-ps.json', ...others]) await objects.put(key, 'x')
    expect((await comparePull(objects, folder, allInputs())).others).toEqual(others)
    await pull()
    expect((await folder.list()).files.map(({ path }) => path).sort()).toEqual([
      link('dev', 'team-a/'),
      'permission_sets/Admin-ps.json',
    ])
  })

  test('removes what the bucket lacks, and without deleting leaves it', async () => {
    await folder.write(link('gone'), Buffer.from(''))
    await objects.put(link('a'), '')
    await pull(objects, { ...allInputs(), isDeleting: false })
    expect((await folder.list()).files).toHaveLength(2)
    await pull()
    expect((await folder.list()).files.map(({ path }) => path)).toEqual([link('a')])
  })

  test('gives a file the name that its key needs once another key differs from it in case only', async () => {
    await objects.put(link('Dev'), 'upper')
    await pull()
    await objects.put(link('dev'), 'lower')
    await pull()
    const { files } = nameInputs((await folder.list()).files)
    expect(files.map(({ key }) => key).sort()).toEqual([link('Dev'), link('dev')])
    expect(await push()).toMatchObject({ uploaded: 0, deleted: 0 })
  })
})
