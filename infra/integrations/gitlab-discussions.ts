import * as z from 'zod'
import { type Api, callApi, listApi } from './call-api.ts'
import type { Discussion } from './discussion.ts'

const text = z.object({ id: z.int(), iid: z.int().optional(), author: z.object({ id: z.int() }) })
const note = text.extend({ body: z.string(), system: z.boolean() })
const issue = text.extend({ description: z.string().nullable() })
const anything = z.unknown()

export type GitLab = Api & { readonly project: string; readonly ownId: number }

/** With a project access token: the token of a job may not write notes. (GitLab Docs, "CI/CD job token".) */
export async function openGitLab(env: NodeJS.ProcessEnv): Promise<GitLab> {
  const { CI_API_V4_URL: url, CI_PROJECT_ID: project, SSOFILE_GITLAB_TOKEN: token } = env
  if (url === undefined || project === undefined || token === undefined)
    throw new Error('received no CI_API_V4_URL, CI_PROJECT_ID or SSOFILE_GITLAB_TOKEN, expected all, as in a pipeline')
  const api = { url, headers: { 'private-token': token } }
  const { id: ownId } = await callApi(api, { path: '/user', answer: z.object({ id: z.int() }) })
  return { ...api, project, ownId }
}

/** Notes of a merge request. (GitLab REST API, "Notes".) */
export function gitlabNotes(api: GitLab, mergeRequest: number): Discussion {
  const base = `/projects/${api.project}/merge_requests/${mergeRequest}/notes`
  return {
    async *listOwn() {
      for await (const one of listApi(api, `${base}?sort=asc`, z.array(note)))
        if (one.author.id === api.ownId && !one.system) yield { id: one.id, body: one.body }
    },
    create: async (body) => void (await callApi(api, { method: 'POST', path: base, body: { body }, answer: anything })),
    update: async (id, body) =>
      void (await callApi(api, { method: 'PUT', path: `${base}/${id}`, body: { body }, answer: anything })),
  }
}

/** Open issues. (GitLab REST API, "Issues".) */
export function gitlabIssues(api: GitLab, title: string): Discussion {
  const base = `/projects/${api.project}/issues`
  return {
    async *listOwn() {
      for await (const one of listApi(api, `${base}?state=opened&sort=asc&author_id=${api.ownId}`, z.array(issue)))
        if (one.author.id === api.ownId) yield { id: one.iid ?? one.id, body: one.description ?? '' }
    },
    create: async (description) =>
      void (await callApi(api, { method: 'POST', path: base, body: { title, description }, answer: anything })),
    update: async (iid, description) =>
      void (await callApi(api, { method: 'PUT', path: `${base}/${iid}`, body: { description }, answer: anything })),
  }
}

const merged = z.array(z.object({ iid: z.int(), state: z.string(), sha: z.string() }))

/** The merge request that this commit of the main branch merged. (GitLab REST API, "List merge requests associated with a commit".) */
export async function findMergedMergeRequest(api: GitLab, commit: string) {
  const path = `/projects/${api.project}/repository/commits/${commit}/merge_requests`
  const one = (await callApi(api, { path, answer: merged })).find(({ state }) => state === 'merged')
  return one && { number: one.iid, commit: one.sha }
}
