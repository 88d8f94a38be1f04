import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { type Api, callApi, listApi, writeApi } from './call-api.ts'
import { type Discussion, digestIn, findOwn, publish } from './discussion.ts'
import { findMergedPullRequest, githubComments, githubIssues, openGitHub } from './github-discussions.ts'

const usage = 'expected comment FILE, report FILE EXIT-CODE or digest'
const title = 'Access differs from its files'

/** The acts of a pipeline, on GitHub or GitLab, from its standard environment. */
type Pipeline = {
  /** For the pull request of this pipeline. */
  openComments(): Promise<{ readonly comments: Discussion; readonly commit: string }>
  openIssues(): Promise<{ readonly issues: Discussion; readonly commit: string }>
  /** For the merged pull request. */
  openMerged(): Promise<{ readonly comments: Discussion; readonly commit: string } | undefined>
}

const pullRequestEvent = z.object({ pull_request: z.object({ number: z.int(), head: z.object({ sha: z.string() }) }) })

function onGitHub(env: NodeJS.ProcessEnv): Pipeline {
  const api = openGitHub(env)
  const { GITHUB_SHA: sha = '', GITHUB_EVENT_PATH: path = '' } = env
  return {
    openComments: async () => {
      const {
        pull_request: { number, head },
      } = pullRequestEvent.parse(JSON.parse(await readFile(path, 'utf8')))
      return { comments: githubComments(api, number), commit: head.sha }
    },
    openIssues: async () => ({ issues: githubIssues(api, title), commit: sha }),
    openMerged: async () => {
      const found = await findMergedPullRequest(api, sha)
      return found && { comments: githubComments(api, found.number), commit: found.commit }
    },
  }
}

async function onGitLab(env: NodeJS.ProcessEnv): Promise<Pipeline> {
  const api = await openGitLab(env)
  const { CI_COMMIT_SHA: sha = '', CI_MERGE_REQUEST_IID: iid, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: head } = env
  return {
    // The second is empty unless the pipeline is for the merged result. (GitLab Docs, "Predefined CI/CD variables".)
    openComments: async () => ({ comments: gitlabNotes(api, Number(iid)), commit: head || sha }),
    openIssues: async () => ({ issues: gitlabIssues(api, title), commit: sha }),
    openMerged: async () => {
      const found = await findMergedMergeRequest(api, sha)
      return found && { comments: gitlabNotes(api, found.number), commit: found.commit }
    },
  }
}

/**
 * `comment FILE`: the plan as the one comment of the pull request. `report FILE EXIT-CODE`: as the one issue. `digest`: answers the digest
 * of the plan that was shown for this commit's merge.
 */
export async function runIntegration(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const [command, file = '', exitCode] = args
  const pipeline = env.GITLAB_CI === undefined ? onGitHub(env) : await onGitLab(env)
  if (command === 'comment') {
    const { comments, commit } = await pipeline.openComments()
    await publish(comments, await readFile(file, 'utf8'), { subject: 'plan', commit })
    return ''
  }
  if (command === 'report') {
    const { issues, commit } = await pipeline.openIssues()
    // plan --detailed-exitcode ends with 0 only if all is well: 3 means differences, 1 an invalid file, and 2 a plan that push refuses.
    await publish(issues, await readFile(file, 'utf8'), { subject: 'report', commit }, exitCode !== '0')
    return ''
  }
  if (command !== 'digest') throw new Error(`received '${command ?? ''}', ${usage}`)
  const merged = await pipeline.openMerged()
  const shown = merged && (await findOwn(merged.comments, 'plan'))
  if (!merged || !shown) throw new Error('no pull request with a plan was merged by this commit; push by hand')
  // No digest: the plan has nothing to push.
  return `${digestIn(shown.body, merged.commit) ?? 'nothing-to-push'}\n`
}

const text = z.object({ id: z.int(), iid: z.int().optional(), author: z.object({ id: z.int() }) })
const note = text.extend({ body: z.string(), system: z.boolean() })
const issue = text.extend({ description: z.string().nullable() })

type GitLab = Api & { readonly project: string; readonly ownId: number }

/** Needs a project access token: a job's token may not write notes. (GitLab Docs, "CI/CD job token".) */
async function openGitLab(env: NodeJS.ProcessEnv): Promise<GitLab> {
  const { CI_API_V4_URL: url, CI_PROJECT_ID: project, SSOFILE_GITLAB_TOKEN: token } = env
  if (url === undefined || project === undefined || token === undefined)
    throw new Error('received no CI_API_V4_URL, CI_PROJECT_ID or SSOFILE_GITLAB_TOKEN, expected all, as in a pipeline')
  const api = { url, headers: { 'private-token': token } }
  const { id: ownId } = await callApi(api, { path: '/user', answer: z.object({ id: z.int() }) })
  return { ...api, project, ownId }
}

/** Notes of a merge request. (GitLab REST API, "Notes".) */
function gitlabNotes(api: GitLab, mergeRequest: number): Discussion {
  const base = `/projects/${api.project}/merge_requests/${mergeRequest}/notes`
  return {
    async *listOwn() {
      for await (const one of listApi(api, `${base}?sort=asc`, z.array(note)))
        if (one.author.id === api.ownId && !one.system) yield { id: one.id, body: one.body }
    },
    create: (body) => writeApi(api, 'POST', base, { body }),
    update: (id, body) => writeApi(api, 'PUT', `${base}/${id}`, { body }),
  }
}

/** Open issues. (GitLab REST API, "Issues".) */
function gitlabIssues(api: GitLab, title: string): Discussion {
  const base = `/projects/${api.project}/issues`
  return {
    async *listOwn() {
      for await (const one of listApi(api, `${base}?state=opened&sort=asc&author_id=${api.ownId}`, z.array(issue)))
        if (one.author.id === api.ownId) yield { id: one.iid ?? one.id, body: one.description ?? '' }
    },
    create: (description) => writeApi(api, 'POST', base, { title, description }),
    update: (iid, description) => writeApi(api, 'PUT', `${base}/${iid}`, { description }),
  }
}

const merged = z.array(z.object({ iid: z.int(), state: z.string(), sha: z.string() }))

/** The merge request that this commit of the main branch merged. (GitLab REST API, "List merge requests associated with a commit".) */
async function findMergedMergeRequest(api: GitLab, commit: string) {
  const path = `/projects/${api.project}/repository/commits/${commit}/merge_requests`
  const one = (await callApi(api, { path, answer: merged })).find(({ state }) => state === 'merged')
  return one && { number: one.iid, commit: one.sha }
}
