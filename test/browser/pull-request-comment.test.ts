import { afterAll, beforeAll, expect, test } from '@jest/globals'
import MarkdownIt from 'markdown-it'
import type { Browser, Page } from 'playwright-core'
import { compareInputs } from '../../handlers/cli/folder/compare-inputs.ts'
import { planDigest } from '../../handlers/cli/plan/make-plan.ts'
import { nameChangedFields } from '../../handlers/cli/plan/name-changed-fields.ts'
import { renderMarkdownPlan } from '../../handlers/cli/plan/render-markdown-plan.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import { previewChanges } from '../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../shared/modules/plan/proposed-objects.ts'
import { hostileNames } from '../hostile-names.ts'
import { acme, World } from '../world.ts'
import { openBrowser } from './open-browser.ts'

const accounts = ['210000000001', '233000000001', '233000000002', '250000000003']
const teams = Array.from({ length: 50 }, (_, index) => `team-${index}`)
const link = (scope: string, group: string, set = 'Billing-ps') => `links_data/${scope}%${set}%${group}%GROUP%ssofile`
const set = (permissionSetName: string, more: object = {}) => JSON.stringify({ permissionSetName, ...more })
const attacks = [
  ...hostileNames.filter((name) => !/[\0\ufffe]/.test(name)),
  '@acme/owners',
  '`</code><img src=x onerror=document.title="harmed">',
  '[click](https://evil.example) https://evil.example kim@evil.example',
  '</details>| a | b |',
]

/** A repository of 200 links that are in force, and what a pull request makes of it: adds, widens, deletes and breaks. */
async function planPullRequest(): Promise<string> {
  const organization = acme()
  const world = new World({
    organization: {
      ...organization,
      groups: [...organization.groups, ...teams.map((team) => principalName.parse(team))],
    },
    configuration: {
      brake: {
        indirect: { count: 20, percent: 10, most: 200, hours: 24 },
        own: { count: 20, percent: 10, minutes: 15 },
        people: { count: 5, minutes: 15 },
      },
    },
  }).start()
  const files = new Map([['permission_sets/Billing-ps.json', set('Billing-ps')]])
  for (const team of teams) for (const account of accounts) files.set(link(`account%${account}`, team), '')
  for (const [key, body] of files) await world.objects.put(key, body)
  await world.until(
    async () =>
      (await world.keys('status/')).length > 200 &&
      (await world.keys('attention/')).length === 0 &&
      (await world.keys('assignments/')).length === 200,
    '200 links in force',
  )
  await world.clock.advance(60_000)

  files.set(link('root%all', 'team-0'), '')
  files.set(link('account%233000000001', 'team-1', 'Admin-ps'), '')
  files.set(
    'permission_sets/Admin-ps.json',
    set('Admin-ps', { managedPoliciesArnList: ['arn:aws:iam::aws:policy/AdministratorAccess'] }),
  )
  files.set('permission_sets/Billing-ps.json', set('Billing-ps', { sessionDurationInMinutes: 90 }))
  for (const team of teams.slice(20, 45)) files.delete(link('account%233000000002', team))
  files.set('permission_sets/Broken-ps.json', '{ "permissionSetName": ')
  files.set(link('root%all', 'team-2').replace('GROUP', 'group'), '')
  for (const name of attacks) files.set(link('account%233000000001', name), '')

  const inputs = [...files].map(([key, text]) => {
    const body = new TextEncoder().encode(text)
    return { key, sizeBytes: body.length, read: async () => body }
  })
  const changes = await compareInputs(world.objects, inputs)
  const after = new ProposedObjects(world.objects, world.clock.now(), changes)
  const planned = await world.finish(
    previewChanges({ ...world.ports, objects: after }, world.configuration, { looksMost: 300 }),
  )
  const preview = {
    ...planned,
    permissionSets: await nameChangedFields(planned.permissionSets, { before: world.objects, after }),
  }
  const push = { ...changes, faults: [], invalid: [], digest: planDigest('ssofile', changes, preview) }
  return renderMarkdownPlan({ preview, push, warnings: [], pause: undefined, source: './access' })
}

/** As GitHub renders a comment: GFM with HTML, links found in text, mentions outside of code. */
function asGitHub(markdown: string): string {
  const renderer = new MarkdownIt({ html: true, linkify: true })
  renderer.renderer.rules.text = (tokens, index) =>
    renderer.utils.escapeHtml(tokens[index]?.content ?? '').replace(/@[\w/-]+/g, '<a class="mention">$&</a>')
  const style =
    'body{font:14px/1.5 sans-serif;width:900px;margin:16px}code{background:#eff1f3;padding:.2em .4em;border-radius:6px;font:85% monospace}'
  return `<!doctype html><meta charset="utf-8"><title>comment</title><style>${style}</style><body>${renderer.render(markdown)}`
}

let browser: Browser
let page: Page
let comment: string
beforeAll(async () => {
  browser = await openBrowser()
  comment = await planPullRequest()
  page = await browser.newPage({ viewport: { width: 960, height: 1000 } })
  await page.setContent(asGitHub(comment))
}, 120_000)
afterAll(async () => {
  await browser?.close()
})

const items = (title: RegExp) =>
  page.locator('details', { has: page.locator('summary', { hasText: title }) }).locator('li')

test('the comment tells first what breaks, and who gets much, and folds the rest', async () => {
  const { COMMENT_SCREENSHOT: path } = process.env
  if (path !== undefined) await page.screenshot({ path, fullPage: true })
  const first = await page.locator('h3 + ul > li').allTextContents()
  expect(first).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^rejected: links_data\/root%all%Billing-ps%team-2%group%ssofile/),
      expect.stringMatching(/^rejected: permission set Broken-ps/),
      expect.stringMatching(/^administrator, with a warning: permission set Admin-ps is created/),
      expect.stringMatching(/^administrator: Admin-ps to group team-1 in 1 account/),
      expect.stringMatching(/^35 accounts: Billing-ps to group team-0/),
    ]),
  )
  expect(await page.locator('details[open]').count()).toBe(0)
  expect(await items(/25 revocations/).count()).toBe(25)
  expect(await page.locator('p').first().textContent()).toMatch(/25 to revoke.*The brake would hold 5 revocations/)
})

test('no name becomes a link, a mention, an image or a tag, and none runs', async () => {
  expect(await page.title()).toBe('comment')
  expect(await page.locator('body a, body img, body script, body table, body input').count()).toBe(0)
  expect(await page.locator('details').count()).toBe(comment.match(/^<details>/gm)?.length)
  const text = await page.locator('body').textContent()
  expect(text).toContain('@acme/owners')
  expect(text).toContain('<img src=x onerror=')
  expect(text).toContain('\\u{202e}gnp.exe')
})
