import { describe, expect, test } from '@jest/globals'
import { findUploader } from '../../../../shared/domain/links/find-uploader.ts'
import type { Status } from '../../../../shared/domain/statuses/status.ts'

const second = (of: number) => `2026-03-03T10:00:0${of}.000Z`
const found = { etag: 'e', lastModified: new Date(second(2)) }
const by = { principalId: 'AWS:maria', at: second(2) }
const other = { principalId: 'AWS:kenji', at: second(2) }
const uploaded = { event: 'ObjectCreated:Put', by, etag: 'e' }
const deleted = { event: 'ObjectRemoved:Delete', by }
const status = (more: Partial<Status> = {}): Status => ({
  input: 'links_data/a',
  state: 'applied',
  etag: 'e',
  lastModified: second(2),
  updatedAt: second(3),
  ...more,
})

type Given = Parameters<typeof findUploader>
describe('an object that was found was uploaded', () => {
  test.each<[string, Given, unknown]>([
    ['by whoever the event of that upload names', [found, uploaded, undefined], by],
    ['by nobody known where the event is of other content', [found, { ...uploaded, etag: 'f' }, undefined], undefined],
    [
      'by nobody known where it was modified after the event',
      [found, { ...uploaded, by: { ...by, at: '2026-03-03T10:00:01.999Z' } }, undefined],
      undefined,
    ],
    [
      'by whoever the event of that version names',
      [{ ...found, versionId: 'v' }, { ...uploaded, etag: 'any', versionId: 'v' }, undefined],
      by,
    ],
    [
      'by nobody known where the event is of another version of the same content',
      [{ ...found, versionId: 'v' }, { ...uploaded, versionId: 'w' }, undefined],
      undefined,
    ],
    ['by nobody known where the event is of a deletion', [found, deleted, undefined], undefined],
    ['by nobody known where no event says so', [found, { event: 'reconcile' }, undefined], undefined],
    ['by whoever its status names already', [found, uploaded, status({ by: other })], other],
    ['first, by whoever its status names', [found, uploaded, status({ by: other, lastModified: second(1) })], other],
    ['first, by nobody known', [found, uploaded, status({ lastModified: second(1) })], undefined],
    ['first, by nobody known, and it was told again', [found, uploaded, status({ since: second(1) })], undefined],
    ['by whoever the event names where its status was told without it', [found, uploaded, status()], by],
    [
      'by whoever asked for it to count as new',
      [{ ...found, rebind: second(2) }, uploaded, status({ by: other, lastModified: second(1) })],
      by,
    ],
    [
      'not by whom the status of an earlier upload names',
      [found, { event: 'sweep' }, status({ etag: 'f', by })],
      undefined,
    ],
  ])('%s', (_, given, who) => expect(findUploader(...given)).toEqual(who))
})

describe('the caller that the metadata of an object names', () => {
  const arn = 'arn:aws:sts::111122223333:assumed-role/team-a/maria'
  const metadata = { 'ssofile-caller': arn, 'ssofile-caller-address': '192.0.2.1' }
  const named = { ...found, metadata }
  const byApi = { ...uploaded, isByApi: true } as const

  test('uploaded it where S3 says that the API did', () => {
    const caller = { principalId: arn, sourceIpAddress: '192.0.2.1', at: second(2) }
    expect(findUploader(named, byApi, undefined)).toEqual(caller)
  })

  test('is not believed where S3 names anybody else, who may write any metadata', () => {
    expect(findUploader(named, uploaded, undefined)).toEqual(by)
  })

  test('is not believed where the API uploaded another version', () => {
    const versions = [
      { ...named, versionId: 'v' },
      { ...byApi, versionId: 'w' },
    ] as const
    expect(findUploader(...versions, undefined)).toBeUndefined()
  })

  test('is not needed: without one the API itself is named', () => {
    expect(findUploader(found, byApi, undefined)).toEqual(by)
  })
})

describe('an object that is gone was deleted', () => {
  const gone = { etag: undefined, lastModified: undefined }
  test.each<[string, Given, unknown]>([
    ['by whoever the event of the deletion names', [undefined, deleted, status({ by: other })], by],
    [
      'by nobody known where a reconcile is the first to see it',
      [undefined, { event: 'reconcile' }, status({ by })],
      undefined,
    ],
    ['by nobody known where the event is of an upload', [undefined, uploaded, status({ by: other })], undefined],
    [
      'by nobody known where the event is older than the last upload',
      [undefined, { ...deleted, by: { ...by, at: second(1) } }, status({ by: other })],
      undefined,
    ],
    ['by whom the status names already', [undefined, { event: 'reconcile' }, status({ ...gone, by: other })], other],
    [
      'by whom the status names already where the event is an older one',
      [undefined, deleted, status({ ...gone, by: { ...other, at: second(3) } })],
      { ...other, at: second(3) },
    ],
  ])('%s', (_, given, who) => expect(findUploader(...given)).toEqual(who))
})
