import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

type Text = { readonly id: number; body: string; readonly by: string; readonly title?: string }
type Body = { readonly body?: string; readonly description?: string; readonly title?: string }
type Route = FastifyRequest<{ Querystring: { page?: string; per_page?: string }; Params: { id: string }; Body: Body }>

/** GitHub's and GitLab's answers in their recorded shapes, with what they refuse: no token, long texts, texts of others. */
export class RecordedForge {
  readonly comments: Text[] = []
  readonly issues: Text[] = []
  /** Method and path of each call that was not refused. */
  readonly calls: string[] = []
  mergedHead = ''
  readonly pullRequestBody = `mine\n\n<!-- ssofile report ${'a'.repeat(40)} -->`
  readonly #app: FastifyInstance = Fastify()
  #nextId = 1

  constructor() {
    this.#app.addHook('onRequest', async (request, reply) => {
      const { authorization, 'private-token': token } = request.headers
      if (authorization !== 'Bearer secret' && token !== 'secret')
        return reply.code(401).send({ message: 'Bad credentials' })
    })
    this.#app.addHook('onResponse', async ({ method, url }, { statusCode }) => {
      if (statusCode < 400) this.calls.push(`${method} ${url.split('?')[0]}`)
    })
    this.#addGitHub()
    this.#addGitLab()
  }

  add(list: 'comments' | 'issues', body: string, by: string): Text {
    const text = { id: this.#nextId++, body, by }
    this[list].push(text)
    return text
  }

  listen(): Promise<string> {
    return this.#app.listen({ port: 0, host: '127.0.0.1' })
  }

  close(): Promise<void> {
    return this.#app.close()
  }

  #addGitHub(): void {
    const app = this.#app
    const base = '/repos/acme/access'
    const show = ({ id, body, by }: Text) => ({
      id,
      node_id: `IC_${id}`,
      body,
      user: { login: by, type: by.endsWith('[bot]') ? 'Bot' : 'User' },
    })
    const write = (list: Text[], answer: (text: Text) => object) => async (request: Route, reply: FastifyReply) => {
      const { body = '' } = request.body
      // As GitHub answers: "Validation Failed".
      if (body.length > 65_536)
        return reply.code(422).send({
          message: 'Validation Failed',
          errors: [{ code: 'custom', message: 'body is too long (maximum is 65536 characters)' }],
        })
      const known = list.find(({ id }) => id === Number(request.params.id))
      if (request.method === 'POST')
        return reply
          .code(201)
          .send(answer(this.add(list === this.issues ? 'issues' : 'comments', body, 'github-actions[bot]')))
      if (known === undefined) return reply.code(404).send({ message: 'Not Found' })
      known.body = body
      return answer(known)
    }
    const showIssue = (text: Text) => ({ ...show(text), number: text.id, state: 'open' })
    app.get(`${base}/issues/7/comments`, async (request: Route) => page(this.comments, request).map(show))
    app.post(`${base}/issues/7/comments`, write(this.comments, show))
    app.patch(`${base}/issues/comments/:id`, write(this.comments, show))
    // A pull request is an issue too.
    const pull = {
      ...showIssue({ id: 7, body: this.pullRequestBody, by: 'github-actions[bot]' }),
      pull_request: { url: '' },
    }
    app.get(`${base}/issues`, async (request: Route) => [pull, ...page(this.issues, request).map(showIssue)])
    app.post(`${base}/issues`, write(this.issues, showIssue))
    app.patch(`${base}/issues/:id`, write(this.issues, showIssue))
    app.get(`${base}/commits/:sha/pulls`, async ({ params }) => {
      const { sha } = params as { sha: string }
      const head = { sha: this.mergedHead, ref: 'more-access' }
      const merged = {
        number: 7,
        state: 'closed',
        merged_at: '2026-11-21T10:00:00Z',
        merge_commit_sha: 'c'.repeat(40),
        head,
      }
      return sha === 'c'.repeat(40) ? [merged, { ...merged, number: 8, merged_at: null, merge_commit_sha: null }] : []
    })
  }

  #addGitLab(): void {
    const base = '/projects/42'
    const show = ({ id, body, by }: Text) => ({
      id,
      iid: id,
      body,
      description: body,
      system: false,
      author: { id: by === 'us' ? 99 : 1 },
    })
    const write = (list: 'comments' | 'issues') => async (request: Route, reply: FastifyReply) => {
      const body = request.body.body ?? request.body.description ?? ''
      if (request.method === 'POST') return reply.code(201).send(show(this.add(list, body, 'us')))
      const known = this[list].find(({ id }) => id === Number(request.params.id))
      if (known === undefined) return reply.code(404).send({ message: '404 Not found' })
      known.body = body
      return show(known)
    }
    const app = this.#app
    app.get('/user', async () => ({ id: 99, username: 'project_42_bot' }))
    for (const [path, list] of [
      ['merge_requests/7/notes', 'comments'],
      ['issues', 'issues'],
    ] as const) {
      app.get(`${base}/${path}`, async (request: Route) => page(this[list], request).map(show))
      app.post(`${base}/${path}`, write(list))
      app.put(`${base}/${path}/:id`, write(list))
    }
    app.get(`${base}/repository/commits/:sha/merge_requests`, async () => [
      { iid: 7, state: 'merged', sha: this.mergedHead },
    ])
  }
}

/** Thirty a page unless more are asked for, and never more than a hundred. */
function page(texts: readonly Text[], { query }: Route): readonly Text[] {
  const size = Math.min(Number(query.per_page ?? 30), 100)
  const start = (Number(query.page ?? 1) - 1) * size
  return texts.slice(start, start + size)
}
