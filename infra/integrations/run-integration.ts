import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { type Discussion, digestIn, findOwn, publish } from './discussion.ts'
import { findMergedPullRequest, githubComments, githubIssues, openGitHub } from './github-discussions.ts'
import { findMergedMergeRequest, gitlabIssues, gitlabNotes, openGitLab } from './gitlab-discussions.ts'

const usage = 'expected comment FILE, report FILE EXIT-CODE or digest'
const title = 'Access differs from its files'

/** What a pipeline can do, on GitHub or GitLab, told by its standard environment. */
type Pipeline = {
  /** Of the pull request that the pipeline is about. */
  openComments(): Promise<{ readonly comments: Discussion; readonly commit: string }>
  openIssues(): Promise<{ readonly issues: Discussion; readonly commit: string }>
  /** Of the pull request that was merged. */
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
    // The second is empty unless the pipeline is of the merged result. (GitLab Docs, "Predefined CI/CD variables".)
    openComments: async () => ({ comments: gitlabNotes(api, Number(iid)), commit: head || sha }),
    openIssues: async () => ({ issues: gitlabIssues(api, title), commit: sha }),
    openMerged: async () => {
      const found = await findMergedMergeRequest(api, sha)
      return found && { comments: gitlabNotes(api, found.number), commit: found.commit }
    },
  }
}

/**
 * `comment FILE`: the plan as the one comment of the pull request. `report FILE EXIT-CODE`: as the one issue. `digest`: answers
 * the digest of the plan that was shown for what this commit merged.
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
    // Exit code 3 of plan --detailed-exitcode: there are differences. Without any there is no first issue.
    await publish(issues, await readFile(file, 'utf8'), { subject: 'report', commit }, exitCode === '3')
    return ''
  }
  if (command !== 'digest') throw new Error(`received '${command ?? ''}', ${usage}`)
  const merged = await pipeline.openMerged()
  const shown = merged && (await findOwn(merged.comments, 'plan'))
  if (!merged || !shown) throw new Error('no pull request with a plan was merged by this commit; push by hand')
  // No digest: the plan says that there is nothing to push.
  return `${digestIn(shown.body, merged.commit) ?? 'nothing-to-push'}\n`
}
