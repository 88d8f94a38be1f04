import * as z from 'zod'
import { type Api, callApi, listApi, writeApi } from './call-api.ts'
import type { Discussion } from './discussion.ts'

/** The author of texts with a workflow's token. (GitHub Docs, "GITHUB_TOKEN".) */
const bot = 'github-actions[bot]'

const text = z.object({
  id: z.int(),
  number: z.int().optional(),
  body: z.string().nullable(),
  user: z.object({ login: z.string(), type: z.string() }).nullable(),
  pull_request: z.unknown().optional(),
})

export type GitHub = Api & { readonly repository: string }

export function openGitHub(env: NodeJS.ProcessEnv): GitHub {
  const { GITHUB_API_URL: url = 'https://api.github.com', GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository } = env
  if (token === undefined || repository === undefined)
    throw new Error('received no GITHUB_TOKEN or GITHUB_REPOSITORY, expected both, as in a workflow')
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
  }
  return { url, repository, headers }
}

/** Comments of a pull request. (GitHub REST API, "Issue comments".) */
export function githubComments(api: GitHub, pullRequest: number): Discussion {
  const base = `/repos/${api.repository}/issues`
  return {
    async *listOwn() {
      for await (const one of listApi(api, `${base}/${pullRequest}/comments`, z.array(text)))
        if (isOwn(one)) yield { id: one.id, body: one.body ?? '' }
    },
    create: (body) => writeApi(api, 'POST', `${base}/${pullRequest}/comments`, { body }),
    update: (id, body) => writeApi(api, 'PATCH', `${base}/comments/${id}`, { body }),
  }
}

/** Open issues. (GitHub REST API, "Issues": the list includes pull requests.) */
export function githubIssues(api: GitHub, title: string): Discussion {
  const base = `/repos/${api.repository}/issues`
  return {
    async *listOwn() {
      for await (const one of listApi(api, `${base}?state=open&direction=asc`, z.array(text)))
        if (isOwn(one) && one.pull_request === undefined) yield { id: one.number ?? one.id, body: one.body ?? '' }
    },
    create: (body) => writeApi(api, 'POST', base, { title, body }),
    update: (number, body) => writeApi(api, 'PATCH', `${base}/${number}`, { body }),
  }
}

const merged = z.array(
  z.object({
    number: z.int(),
    merged_at: z.string().nullable(),
    merge_commit_sha: z.string().nullable(),
    head: z.object({ sha: z.string() }),
  }),
)

/** The pull request that this commit of the main branch merged. (GitHub REST API, "List pull requests associated with a commit".) */
export async function findMergedPullRequest(api: GitHub, commit: string) {
  const found = await callApi(api, { path: `/repos/${api.repository}/commits/${commit}/pulls`, answer: merged })
  const one = found.find(({ merged_at, merge_commit_sha }) => merged_at !== null && merge_commit_sha === commit)
  return one && { number: one.number, commit: one.head.sha }
}

function isOwn({ user }: z.infer<typeof text>): boolean {
  return user?.login === bot && user.type === 'Bot'
}
