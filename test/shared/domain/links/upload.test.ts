import { describe, expect, test } from '@jest/globals'
import { changesNothing, describeUpload, isSameUpload, rebindOf } from '../../../../shared/domain/links/upload.ts'

const [first, second, third] = [
  '2026-03-03T10:00:00.000Z',
  '2026-03-03T10:00:01.000Z',
  '2026-03-03T10:00:02.000Z',
] as const
const found = { etag: 'e', content: 'c', lastModified: second, versionId: 'v2' }

describe('an upload is the same as one that is known', () => {
  test.each<[string, boolean, Parameters<typeof isSameUpload>]>([
    [
      'with the same content, whatever its ETag, as with KMS keys',
      true,
      [
        { etag: 'a', content: 'c' },
        { etag: 'b', content: 'c' },
      ],
    ],
    [
      'not with another content under the same ETag',
      false,
      [
        { etag: 'a', content: 'c' },
        { etag: 'a', content: 'd' },
      ],
    ],
    [
      'with other bytes that say the same, as git on Windows makes them',
      true,
      [
        { etag: 'a', content: 'c', value: 'v' },
        { etag: 'b', content: 'd', value: 'v' },
      ],
    ],
    [
      'with the same bytes, where a record of an older version has no value',
      true,
      [
        { etag: 'a', content: 'c' },
        { etag: 'b', content: 'c', value: 'v' },
      ],
    ],
    [
      'not with other bytes, where a record of an older version has no value',
      false,
      [
        { etag: 'a', content: 'c' },
        { etag: 'a', content: 'd', value: 'v' },
      ],
    ],
    [
      'not with other bytes that are no JSON',
      false,
      [
        { etag: 'a', content: 'c' },
        { etag: 'b', content: 'd' },
      ],
    ],
    [
      'not with another value',
      false,
      [
        { etag: 'a', content: 'c', value: 'v' },
        { etag: 'b', content: 'd', value: 'w' },
      ],
    ],
    [
      'not with the same value where it asks to count as new',
      false,
      [
        { etag: 'a', content: 'c', value: 'v' },
        { etag: 'b', content: 'd', value: 'v', rebind: first },
      ],
    ],
    ['by its ETag where a record of before has no content', true, [{ etag: 'a' }, { etag: 'a', content: 'c' }]],
    ['not where none is known', false, [undefined, found]],
    ['not where it asks to count as new', false, [found, { ...found, rebind: first }]],
    [
      'not where it asks so once more',
      false,
      [
        { ...found, rebind: first },
        { ...found, rebind: second },
      ],
    ],
    [
      'where the wish is known',
      true,
      [
        { ...found, rebind: first },
        { ...found, rebind: first },
      ],
    ],
    [
      'where the wish is an older one, as of a version that was restored',
      true,
      [
        { ...found, rebind: second },
        { ...found, rebind: first },
      ],
    ],
    ['where the wish was lost with its metadata', true, [{ ...found, rebind: first }, found]],
  ])('%s', (_, expected, given) => expect(isSameUpload(...given)).toBe(expected))
})

test('only an instant in the metadata asks for anything', () => {
  expect(rebindOf({ 'ssofile-rebind': first })).toBe(first)
  for (const text of ['', 'yes', '2026-03-03', '2026-03-03T10:00:00+01:00'])
    expect(rebindOf({ 'ssofile-rebind': text })).toBeUndefined()
  expect(rebindOf(undefined)).toBeUndefined()
})

describe('a status says of an upload', () => {
  test('the content of before where it cannot be read', () => {
    const unread = { ...found, etag: 'f', content: undefined }
    expect(describeUpload(found, unread)).toEqual({ ...found, etag: 'f', rebind: undefined, since: undefined })
  })

  test('the value of before where its content cannot be read, and no value where the content has none', () => {
    const known = { ...found, value: 'v' }
    expect(describeUpload(known, { ...found, content: undefined })).toMatchObject({ content: 'c', value: 'v' })
    expect(describeUpload(known, { ...found, content: 'text' }).value).toBeUndefined()
  })

  test.each<[string, ReturnType<typeof describeUpload>, Parameters<typeof describeUpload>]>([
    ['what it is, where it is the first', { ...found, rebind: undefined, since: undefined }, [undefined, found]],
    [
      'since when its content counts, where it came again',
      { ...found, rebind: undefined, since: first },
      [{ ...found, lastModified: first }, found],
    ],
    [
      'the same where it came a third time',
      { ...found, rebind: undefined, since: first },
      [{ ...found, since: first }, found],
    ],
    [
      'nothing of before where its content is another',
      { ...found, rebind: undefined, since: undefined },
      [{ ...found, content: 'd', since: first }, found],
    ],
    [
      'when it was last asked to count as new',
      { ...found, rebind: second, since: undefined },
      [
        { ...found, rebind: first, since: first },
        { ...found, rebind: second },
      ],
    ],
    [
      'the last such wish, where its metadata was lost',
      { ...found, rebind: first, since: first },
      [{ ...found, lastModified: first, rebind: first }, found],
    ],
    [
      'the last such wish of a link that was deleted meanwhile',
      { ...found, rebind: first, since: undefined },
      [{ rebind: first }, found],
    ],
  ])('%s', (_, expected, given) => expect(describeUpload(...given)).toEqual(expected))
})

describe('an upload changes nothing', () => {
  const created = { event: 'ObjectCreated:Put' }
  const object = { etag: 'e', content: 'c', lastModified: new Date(third) }
  const applied = { ...found, state: 'applied' }
  test.each<[string, boolean, Parameters<typeof changesNothing>]>([
    ['where its content is in force', true, [created, object, applied]],
    ['not where its content is not in force yet', false, [created, object, { ...applied, state: 'failed' }]],
    ['not where its content is another', false, [created, { ...object, content: 'd' }, applied]],
    ['not where it asks to count as new', false, [created, { ...object, rebind: third }, applied]],
    ['not where it is the very upload that is in force', false, [created, object, { ...applied, lastModified: third }]],
    ['not where somebody else asks to look at it', false, [{ event: 'sweep' }, object, applied]],
    ['not without a status', false, [created, object, undefined]],
  ])('%s', (_, expected, given) => expect(changesNothing(...given)).toBe(expected))
})
