import { request } from 'node:http'
import { expect, test } from '@jest/globals'
import { answer } from '../../../handlers/api/answer.ts'
import { startPageServer } from '../../../handlers/browse/page-server.ts'
import { filesOf } from '../page/page-world.ts'

async function serving(use: (send: Send) => Promise<void>) {
  const called: { path: string; body?: string }[] = []
  const callApi = async ({ path, body }: { path: string; body?: string }) => {
    called.push({ path, ...(body === undefined ? {} : { body }) })
    return answer(202, { done: true })
  }
  const { url, server } = await startPageServer(
    { token: 'token', key: 'key', files: filesOf('<html lang="en"></html>'), callApi },
    0,
  )
  const send: Send = (method, path, headers = {}, body = '') =>
    new Promise((resolve, reject) => {
      const sent = request(new URL(path, url), { method, headers }, (got) => {
        let text = ''
        got.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        got.on('end', () => resolve({ status: got.statusCode, headers: got.headers, text }))
      })
      sent.on('error', reject).end(body)
    })
  try {
    await use(send)
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return { called, url }
}
type Got = { status: number | undefined; headers: NodeJS.Dict<string | string[]>; text: string }
type Send = (method: string, path: string, headers?: Record<string, string>, body?: string) => Promise<Got>

const as = (secret: string, url = '') => ({
  authorization: `Bearer ${secret}`,
  'content-type': 'application/json',
  ...(url === '' ? {} : { origin: url }),
})

test('the token opens one session, whose key lets its page call the API; nothing else does', async () => {
  const { called } = await serving(async (send) => {
    const { headers, text } = await send('GET', '/')
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /)
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' })
    expect(text).not.toMatch(/\btoken\b|"key"\s*:/)
    const own = `http://${String((await send('GET', '/', { host: 'evil.example' })).text.match(/127\.0\.0\.1:\d+/)?.[0])}`
    const open = (secret: string) => send('POST', '/session', as(secret, own))
    expect((await open('guess')).status).toBe(401)
    expect(await open('token')).toMatchObject({ status: 200, text: '{"key":"key"}\n' })
    expect((await open('token')).status).toBe(401)
    expect((await send('GET', '/api/eligibility', as('token'))).status).toBe(401)
    expect((await send('GET', '/api/eligibility', as('key'))).status).toBe(202)
    expect((await send('POST', '/api/approvals', as('key', own), '{"digest":"d"}')).status).toBe(202)
    expect((await send('POST', '/api/approvals', as('key', own), 'x'.repeat(300_000))).status).toBe(413)
  })
  expect(called).toEqual([{ path: '/eligibility' }, { path: '/approvals', body: '{"digest":"d"}' }])
})
