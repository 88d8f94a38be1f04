import { describe, expect, test } from '@jest/globals'
import { requestDigest } from '../../../../../shared/domain/files/access-request.ts'
import {
  addToDigest,
  type DigestMessage,
  emptyDigest,
} from '../../../../../shared/modules/notifications/rules/digest.ts'
import type { Notification } from '../../../../../shared/modules/notifications/rules/notification.ts'
import { renderMail, renderWebhook } from '../../../../../shared/modules/notifications/rules/render-digest.ts'

const outcome = (index: number, input: string, reason?: string): Notification => ({
  v: 1,
  id: String(index).padStart(32, '0'),
  at: new Date(Date.parse('2026-03-03T10:00:00Z') + index).toISOString(),
  bucket: 'ssofile',
  kind: 'input',
  event: 'rejected',
  input,
  ...(reason === undefined ? {} : { reason }),
})
const messageOf = (told: readonly Notification[]): DigestMessage => ({
  v: 1,
  id: 'd',
  receiver: 'platform',
  way: 'mail',
  ...addToDigest(emptyDigest, told),
})

test('a digest has its counts, the first outcomes in order, and how many more there are', () => {
  const told = Array.from({ length: 500 }, (_, index) => outcome(index, `links_data/${index}`, 'not valid'))
  const { subject, text } = renderMail(messageOf(told.toReversed()))
  expect(subject).toBe('ssofile (platform): 500 rejected')
  const lines = text.split('\n')
  expect(lines[0]).toBe('2026-03-03T10:00:00.000Z rejected links_data/0: not valid')
  expect(lines[19]).toBe('2026-03-03T10:00:00.019Z rejected links_data/19: not valid')
  expect(lines[20]).toBe('and 480 more')
})

test('a digest is the same in whatever order and portions its outcomes were found', () => {
  const told = Array.from({ length: 60 }, (_, index) => outcome(index, `links_data/${index}`))
  const shuffled = told.toSorted((a, b) =>
    a.id.split('').reverse().join('') < b.id.split('').reverse().join('') ? -1 : 1,
  )
  const portions = addToDigest(addToDigest(emptyDigest, shuffled.slice(0, 25)), shuffled.slice(25))
  expect(portions).toEqual(addToDigest(emptyDigest, told))
})

test('no name forges a line, a mention, a link or markup', () => {
  const name =
    'links_data/<!channel> <https://evil.example|click> *bold* _x_ [a](https://evil.example)\n2026 applied\u202e&lt;\u0007'
  const message = messageOf([outcome(1, name)])
  expect(renderMail(message).text.split('\n')[0]).toContain('\\u{a}2026 applied\\u{202e}&lt;\\u{7}')
  const slack = JSON.parse(renderWebhook(message, 'slack'))
  expect(slack.text).toBe('ssofile (platform): 1 rejected')
  expect(slack.blocks.map((block: { text: { type: string } }) => block.text.type)).toEqual(['plain_text', 'plain_text'])
  expect(slack.blocks[1].text.text).toContain('&lt;!channel&gt; &lt;https://evil.example|click&gt;')
  expect(slack.blocks[1].text.text).toContain('&amp;lt;')
  const [title, line] = JSON.parse(renderWebhook(message, 'teams')).attachments[0].content.body
  expect([title.type, line.type, line.inlines[0].type]).toEqual(['RichTextBlock', 'RichTextBlock', 'TextRun'])
})

test('the longest outcomes fit what SNS, Slack and Teams take, and what does not fit is counted', () => {
  const long = Array.from({ length: 30 }, (_, index) =>
    outcome(index, `links_data/${'財'.repeat(300)}`, '務'.repeat(900)),
  )
  const message = messageOf(long)
  const { subject, text } = renderMail(message)
  expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/)
  expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024)
  const slack = JSON.parse(renderWebhook(message, 'slack'))
  expect(slack.blocks.length).toBeLessThanOrEqual(50)
  expect(slack.blocks.every((block: { text: { text: string } }) => block.text.text.length <= 3_000)).toBe(true)
  const teams = renderWebhook(message, 'teams')
  expect(Buffer.byteLength(teams)).toBeLessThan(28 * 1024)
  const shown = JSON.parse(teams).attachments[0].content.body.length - 2
  expect(teams).toContain(`and ${30 - shown} more`)
})

describe('a request that waits is told with who asks for what and why', () => {
  const told = {
    v: 1,
    id: '0'.repeat(32),
    at: '2026-03-03T10:00:00.000Z',
    bucket: 'ssofile',
    kind: 'request',
    event: 'request-asked',
    request: 'requests/id/x',
    digest: requestDigest.parse('0123456789abcdef0123456789abcdef'),
    requester: { id: 'id', name: 'kenji\u202e' },
    permissionSet: 'Billing-ps',
    scope: 'account%233000000002',
    approvers: ['team-Platform'],
    reason: 'invoices',
    ticket: 'CHG1',
  } satisfies Notification
  const said =
    '2026-03-03T10:00:00.000Z request-asked kenji\\u{202e}: Billing-ps in account%233000000002: invoices, CHG1; '

  test('and what an approver types', () => {
    expect(renderMail(messageOf([told])).text.split('\n')[0]).toBe(`${said}ssofile approve ${told.digest}`)
  })

  test('and where there is a page, the link to it', () => {
    const digest = addToDigest(emptyDigest, [told], 'https://access.example.com')
    expect(renderMail({ ...messageOf([]), ...digest }).text.split('\n')[0]).toBe(
      `${said}https://access.example.com/#/approvals/${told.digest}`,
    )
  })
})

test('what the brake holds leads to the brake on the page, and nothing else does', () => {
  const { id, at } = outcome(1, '')
  const change = (event: string): Notification => ({
    v: 1,
    id,
    at,
    bucket: 'ssofile',
    kind: 'change',
    event,
    subject: 'account%233000000002%Billing-ps%team-Web%GROUP%ssofile',
  })
  const lines = (page?: string) =>
    addToDigest(emptyDigest, [change('held'), change('revoked')], page).lines.map(({ remedy }) => remedy)
  expect(lines('https://access.example.com')).toEqual(['https://access.example.com/#/operations', undefined])
  expect(lines()).toEqual([undefined, undefined])
})
