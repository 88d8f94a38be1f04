import { describe, expect, test } from '@jest/globals'
import { judgePageRequest } from '../../../handlers/browse/page-server.ts'

const host = '127.0.0.1:8123'
const authorization = 'Bearer secret'
const json = { 'content-type': 'application/json', origin: `http://${host}` }
const judge = (method: string, url: string, headers: Record<string, string> = {}) =>
  judgePageRequest({ method, url, headers: { host, ...headers } }, host)
const statusOf = (order: ReturnType<typeof judge>) => (order.do === 'refuse' ? order.answer.statusCode : order.do)

test('the page itself is shown to whoever has the address, since nothing in it is secret', () => {
  expect(judge('GET', '/')).toEqual({ do: 'show the page' })
})

test('a call is passed on with the parameters that the API knows, and no others', () => {
  expect(judge('GET', '/api/requests?of=mine&limit=200&user=eve', { authorization })).toEqual({
    do: 'call the API',
    secret: 'secret',
    method: 'GET',
    path: '/requests',
    query: { of: 'mine', limit: '200' },
  })
  expect(judge('POST', '/api/approvals', { authorization, ...json })).toMatchObject({ path: '/approvals', query: {} })
})

test('the session is opened by a POST with the token in a header', () => {
  expect(judge('POST', '/session', { authorization, ...json })).toEqual({ do: 'open the session', secret: 'secret' })
})

describe('refused:', () => {
  test.each<[string, string, string, Record<string, string>, number]>([
    ['a DNS name that was pointed here', 'GET', '/', { host: 'evil.example:8123' }, 421],
    ['the right name with another port', 'GET', '/', { host: '127.0.0.1:1' }, 421],
    ['a call without the secret', 'GET', '/api/requests', {}, 401],
    ['a secret of another form', 'GET', '/api/requests', { authorization: 'Basic c2VjcmV0' }, 401],
    ['a POST of another page', 'POST', '/api/requests', { authorization, ...json, origin: 'http://evil.example' }, 403],
    ['a POST of a page without an origin', 'POST', '/api/requests', { authorization, ...json, origin: 'null' }, 403],
    ['a POST of no page', 'POST', '/session', { authorization }, 403],
    ['a GET of another site', 'GET', '/api/requests', { authorization, 'sec-fetch-site': 'cross-site' }, 403],
    ['a GET of another port', 'GET', '/api/requests', { authorization, 'sec-fetch-site': 'same-site' }, 403],
    ['a form', 'POST', '/api/requests', { authorization, ...json, 'content-type': 'text/plain' }, 415],
    ['another path of the API', 'GET', '/api/links', { authorization }, 404],
    ['a path below one', 'GET', '/api/requests/u/x', { authorization }, 404],
    ['a path that climbs', 'GET', '/api/requests/../links', { authorization }, 404],
    ['another method', 'DELETE', '/api/requests', { authorization, origin: `http://${host}` }, 404],
    ['the address of another server', 'GET', 'http://evil.example/api/links', { authorization }, 404],
  ])('%s', (_, method, url, headers, status) => {
    expect(statusOf(judge(method, url, headers))).toBe(status)
  })
})
