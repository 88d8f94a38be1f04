import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeS3Key, parseS3Event, parseS3Record } from '../../../../shared/domain/messages/s3-event.ts'

/** S3 User Guide, "Event message structure", with the fields that we do not read. */
const put = {
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  awsRegion: 'eu-central-1',
  eventTime: '2026-03-03T10:15:30.123Z',
  eventName: 'ObjectCreated:Put',
  userIdentity: { principalId: 'AWS:AIDAEXAMPLE:zoë' },
  requestParameters: { sourceIPAddress: '192.0.2.1' },
  responseElements: { 'x-amz-request-id': 'C3D13FE58DE4C810' },
  s3: {
    s3SchemaVersion: '1.0',
    configurationId: 'ssofile',
    bucket: { name: 'ssofile', ownerIdentity: { principalId: 'A3NL1KOZZKExample' }, arn: 'arn:aws:s3:::ssofile' },
    object: {
      key: 'links_data/root%25all%25ReadOnly%25Support+24/7%25GROUP%25ssofile',
      size: 0,
      eTag: 'd41d8cd98f00b204e9800998ecf8427e',
      sequencer: '0055AED6DCD90281E5',
    },
  },
}
const deleted = { ...put, eventName: 'ObjectRemoved:DeleteMarkerCreated', s3: { ...put.s3, object: { key: 'x' } } }

test('a notification tells its records in order', () => {
  const records = parseS3Event(JSON.stringify({ Records: [put, deleted] })).map(parseS3Record)
  expect(records.map(({ eventName, s3 }) => [eventName, s3.object.key])).toEqual([
    ['ObjectCreated:Put', 'links_data/root%25all%25ReadOnly%25Support+24/7%25GROUP%25ssofile'],
    ['ObjectRemoved:DeleteMarkerCreated', 'x'],
  ])
  expect(records[0]).toMatchObject({
    userIdentity: { principalId: 'AWS:AIDAEXAMPLE:zoë' },
    requestParameters: { sourceIPAddress: '192.0.2.1' },
    s3: { bucket: { name: 'ssofile' }, object: { sequencer: '0055AED6DCD90281E5' } },
  })
})

test('a record need not say who or from where', () => {
  const { userIdentity: _, requestParameters: __, ...anonymous } = put
  expect(parseS3Record(anonymous)).not.toHaveProperty('userIdentity')
})

test('the test event that S3 sends when notifications are set up has no records', () => {
  const body = {
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: '2026-03-03T10:15:30.123Z',
    Bucket: 'ssofile',
    RequestId: '5582815E1AEA5ADF',
    HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
  }
  expect(parseS3Event(JSON.stringify(body))).toEqual([])
})

test.each(['', 'not JSON', 'null', '[]', '{}', '{"Event":"s3:OtherEvent"}', '{"Records":{}}'])(
  'the body %j is not a notification, and says so',
  (body) => {
    expect(() => parseS3Event(body)).toThrow()
  },
)

test('a record that is none does not hide the others, and says so when it is read', () => {
  const keyless = { ...put, s3: { ...put.s3, object: {} } }
  const records = parseS3Event(JSON.stringify({ Records: [keyless, null, put] }))
  expect(() => parseS3Record(records[0])).toThrow()
  expect(() => parseS3Record(records[1])).toThrow()
  expect(parseS3Record(records[2]).s3.object.key).toBe(put.s3.object.key)
})

describe('a key is decoded as S3 encoded it', () => {
  test.each([
    ['links_data/root%25all%25P%25g%25GROUP%25ssofile', 'links_data/root%all%P%g%GROUP%ssofile'],
    ['Support+24/7', 'Support 24/7'],
    ['a%2Bb', 'a+b'],
    ['a%20b', 'a b'],
    ['50%25%2B', '50%+'],
    ['%C3%89quipe+d%E2%80%99audit', 'Équipe d’audit'],
    ['', ''],
  ])('%j is %j', (encoded, key) => {
    expect(decodeS3Key(encoded)).toBe(key)
  })

  test('every key survives', () => {
    const key = fc.string({ unit: fc.constantFrom('%', '+', ' ', '/', 'a', 'é', '👩', '%25', '\n') })
    fc.assert(
      fc.property(key, (text) => {
        const encoded = encodeURIComponent(text).replaceAll('%20', '+').replaceAll('%2F', '/')
        expect(decodeS3Key(encoded)).toBe(text)
      }),
    )
  })

  test.each(['%', '%zz', '100%', '%C3', '%ED%A0%80'])('%j was not encoded by S3, and says so', (encoded) => {
    expect(() => decodeS3Key(encoded)).toThrow(URIError)
  })
})
