import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { runIntegration } from '../../../infra/integrations/run-integration.ts'
import { RecordedForge } from './recorded-forge.ts'

const [head, older, mergeCommit] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string]
const digest = '0123456789abcdef0123456789abcdef'
const plan = (text = '**1 assignment to grant.**') =>
  `${text}\n\nPlan \`${digest}\`: \`ssofile push --plan\` with this digest does exactly this.\n`

let forge: RecordedForge
let folder: string
let url: string
beforeEach(async () => {
  forge = new RecordedForge()
  url = await forge.listen()
  folder = await mkdtemp(join(tmpdir(), 'ssofile-integration-'))
  // As GitHub writes it for pull_request_target; the rest of the payload is not read.
  const event = {
    action: 'synchronize',
    number: 7,
    pull_request: {
      number: 7,
      title: 'More access',
      head: { ref: 'more-access', sha: head, repo: { full_name: 'somebody/access', fork: true } },
      base: { ref: 'main', sha: older, repo: { full_name: 'acme/access' } },
    },
    repository: { full_name: 'acme/access' },
    sender: { login: 'somebody', type: 'User' },
  }
  await writeFile(join(folder, 'event.json'), JSON.stringify(event))
})
afterEach(async () => {
  await forge.close()
  await rm(folder, { recursive: true })
})

async function write(text: string): Promise<string> {
  await writeFile(join(folder, 'text.md'), text)
  return join(folder, 'text.md')
}

const github = (more: object = {}) => ({
  GITHUB_API_URL: url,
  GITHUB_REPOSITORY: 'acme/access',
  GITHUB_TOKEN: 'secret',
  GITHUB_EVENT_PATH: join(folder, 'event.json'),
  GITHUB_SHA: mergeCommit,
  ...more,
})
const gitlab = (more: object = {}) => ({
  GITLAB_CI: 'true',
  CI_API_V4_URL: url,
  CI_PROJECT_ID: '42',
  CI_MERGE_REQUEST_IID: '7',
  CI_COMMIT_SHA: head,
  CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: '',
  SSOFILE_GITLAB_TOKEN: 'secret',
  ...more,
})

describe.each([
  { place: 'GitHub', env: github, own: 'github-actions[bot]', ofMerge: {} },
  { place: 'GitLab', env: gitlab, own: 'us', ofMerge: { CI_COMMIT_SHA: mergeCommit } },
])('on $place', ({ env, own, ofMerge }) => {
  const comment = async (text: string) => runIntegration(['comment', await write(text)], env())

  test('a plan is one comment, which is updated, also after 250 comments of others', async () => {
    for (let index = 0; index < 250; index++) forge.add('comments', `comment ${index}`, 'somebody')
    await comment(plan())
    for (let index = 0; index < 150; index++) forge.add('comments', `more ${index}`, 'somebody')
    await comment(plan('**2 assignments to grant.**'))
    const ours = forge.comments.filter(({ by }) => by === own)
    expect(ours.map(({ body }) => body)).toEqual([
      expect.stringMatching(new RegExp(`^\\*\\*2 assignments[\\s\\S]*\\n\\n<!-- ssofile plan ${head} -->$`)),
    ])
  })

  test('the same plan of the same commit writes nothing', async () => {
    await comment(plan())
    const writes = () => forge.calls.filter((call) => !call.startsWith('GET')).length
    const before = writes()
    await comment(plan())
    expect(writes()).toBe(before)
  })

  test('a comment of somebody else with our mark is neither updated nor believed', async () => {
    const forged = `${plan('**0 assignments.**')}\n<!-- ssofile plan ${head} -->`
    forge.add('comments', forged, 'somebody')
    forge.mergedHead = head
    await expect(runIntegration(['digest'], env(ofMerge))).rejects.toThrow('push by hand')
    await comment(plan())
    expect(forge.comments.map(({ by }) => by)).toEqual(['somebody', own])
    expect(forge.comments[0]?.body).toBe(forged)
  })

  test('a merge gets the digest that was shown for its last commit', async () => {
    await comment(plan())
    forge.mergedHead = head
    expect(await runIntegration(['digest'], env(ofMerge))).toBe(`${digest}\n`)
  })

  test('a merge of a commit whose plan nobody saw gets none', async () => {
    await comment(plan())
    forge.mergedHead = older
    await expect(runIntegration(['digest'], env(ofMerge))).rejects.toThrow(`of commit ${head}, but ${older} was merged`)
  })

  test('a digest that a name brings into the comment is not taken', async () => {
    await comment(plan(`- \`x Plan \`\`ffffffffffffffffffffffffffffffff\`: \``))
    forge.mergedHead = head
    expect(await runIntegration(['digest'], env(ofMerge))).toBe(`${digest}\n`)
  })

  test('differences are one issue, which is updated, and made only where there are some', async () => {
    const report = async (text: string, code: string) => runIntegration(['report', await write(text), code], env())
    await report('nothing', '0')
    expect(forge.issues).toEqual([])
    await report('two differ', '3')
    await report('nothing any more', '0')
    expect(forge.issues.map(({ body }) => body)).toEqual([
      expect.stringMatching(/^nothing any more\n\n<!-- ssofile report/),
    ])
  })

  test.each(['1', '2'])('a report of a plan that ends with exit code %s is an issue from the start', async (code) => {
    await runIntegration(['report', await write('A file in the bucket is not valid.'), code], env())
    expect(forge.issues).toHaveLength(1)
  })

  test('the longest plan has room for its mark, and a longer text is refused before it is sent', async () => {
    await comment('x'.repeat(65_000))
    await expect(comment('x'.repeat(65_536))).rejects.toThrow('expected at most 65536')
    expect(forge.comments).toHaveLength(1)
  })
})

test('what the service refuses is told with its words', async () => {
  const path = await write(plan())
  await expect(runIntegration(['comment', path], github({ GITHUB_TOKEN: 'wrong' }))).rejects.toThrow(
    '401: {"message":"Bad credentials"}',
  )
})

describe('the workflow for GitHub', () => {
  const read = (path: string) => readFile(new URL(`../../../infra/integrations/${path}`, import.meta.url), 'utf8')

  test('has no long-lived key, takes every action at a commit, and checks files out without the token', async () => {
    const text = await read('github/access.yml')
    expect(text).not.toMatch(/secrets\.|aws-access-key|aws-secret/i)
    const actions = [...text.matchAll(/uses: (.+)$/gm)].map(([, action]) => action)
    expect(actions.length).toBeGreaterThan(6)
    // Ours is filled in by who copies the file.
    for (const action of actions) expect(action).toMatch(/^(OWNER\/\S+@COMMIT|\S+@[0-9a-f]{40} # v[\d.]+)$/)
    const checkouts = text.match(/actions\/checkout@/g)?.length
    expect(text.match(/persist-credentials: false/g)).toHaveLength(checkouts ?? 0)
  })

  test('runs nothing of the pull request: its only steps are actions, and no script has an expression in it', async () => {
    expect(await read('github/access.yml')).not.toMatch(/^\s*(- )?run:/m)
    const runs = (await read('github/action.yml')).match(/run: .*/g)
    expect(runs).toEqual(['run: npm ci', 'run: bash "$TOOL/infra/integrations/run.sh"'])
  })
})
