import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import { LocalSystem } from './local-system.ts'
import { signIn } from './sign-in.ts'
import { smallOrganization } from './small-organization.ts'
import { startBrowse } from './start-browse.ts'

const account = '200000000001'
const link = `account%${account}%Admin-ps%ana%USER%ssofile`
const eligibility = {
  for: { users: ['ana'] },
  permissionSets: ['Admin-ps'],
  scopes: [`account%${account}`],
  longest: 'PT8H',
  approvers: { users: ['ben'] },
}

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({
      users: ['ana', 'ben'],
      permissionSets: [{ permissionSetName: 'Admin-ps' }],
      assignments: [{ permissionSet: 'Admin-ps', account, principal: 'ana', type: 'USER' }],
    }),
  })
  await system.upload('eligibility/admin.json', JSON.stringify(eligibility), 'governance')
})
afterAll(() => system?.stop(), 30_000)

/** What the page does with its address: it opens a session, once, and sends its key with each call. */
async function openSession(url: string) {
  const { origin, hash } = new URL(url)
  const send = async (path: string, secret: string, sent?: object) => {
    const headers = { authorization: `Bearer ${secret}`, origin, 'content-type': 'application/json' }
    const posted = sent === undefined ? {} : { method: 'POST', body: JSON.stringify(sent) }
    const answer = await fetch(`${origin}${path}`, { headers, ...posted })
    return { status: answer.status, body: await answer.json() }
  }
  const { key } = z.object({ key: z.string() }).parse((await send('/session', hash.slice(1), {})).body)
  return (path: string, sent?: object) => send(path, key, sent)
}

test('what a page asks of ssofile browse reaches the API as a request of whoever runs it', async () => {
  const { accessKeyId, userId } = await signIn(system, { user: 'ana', permissionSet: 'Admin-ps', account })
  const browsing = await startBrowse(system.env(accessKeyId))
  try {
    const send = await openSession(browsing.url)
    expect(await send('/api/eligibility')).toMatchObject({
      status: 200,
      body: { user: userId, name: 'ana', eligible: [{ name: 'admin' }] },
    })
    const asked = { action: 'ask', linkData: link, requestDetails: { duration: 'PT4H' } }
    expect(await send('/api/requests', asked)).toMatchObject({ status: 202 })
    await system.untilStatus(`requests/${userId}/${link}`, 'waiting')
    expect(await send('/api/requests?of=mine')).toMatchObject({ body: { requests: [{ linkData: link }] } })
    // What the API refuses is told as it is.
    expect(await send('/api/requests', asked)).toMatchObject({ status: 409, body: { errors: [{}] } })
    expect(await send('/api/links')).toMatchObject({ status: 404 })
  } finally {
    await browsing.stop()
  }
})

test('the page of the local system serves whoever is chosen, also who has no access yet, each as that person', async () => {
  const list = `${system.url}/_ssofile/requests`
  const chosen = async (user: string) => {
    const { status, headers } = await fetch(`${list}?as=${user}`, { redirect: 'manual' })
    expect(status).toBe(303)
    return headers.get('location') ?? ''
  }
  expect(await (await fetch(list)).text()).toContain('<a href="?as=ben"')
  const [ana, ben] = [await openSession(await chosen('ana')), await openSession(await chosen('ben'))]
  expect(await ana('/api/eligibility')).toMatchObject({ body: { name: 'ana' } })
  expect(await ben('/api/eligibility')).toMatchObject({ status: 200, body: { name: 'ben', eligible: [] } })
  expect((await fetch(`${list}?as=nobody`)).status).toBe(404)
  // Chosen again, the page before has ended.
  await openSession(await chosen('ben'))
  await expect(ben('/api/eligibility')).rejects.toThrow('fetch failed')
})
