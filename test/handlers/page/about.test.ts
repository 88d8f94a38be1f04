import { expect, test } from '@jest/globals'
import { ServedCalls } from '../../../handlers/page/served-calls.ts'
import { arnOfPage } from '../../../shared/domain/deployment/api-caller.ts'
import { pageSettings } from '../../../shared/domain/deployment/page-settings.ts'
import { principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { ServedDirectory } from '../../../shared/reconcile/calls/served-directory.ts'
import { Asking, account } from '../asking.ts'

/** Tom's question about Maria's request for a wide scope, and how the page answers in this second. */
async function open() {
  const asking = await Asking.begin({ scopes: ['ou_id%ou-acme-workload'] })
  const { world } = asking
  const key = `requests/${asking.id('maria')}/ou_id%ou-acme-workload%Admin-ps%maria%USER%ssofile`
  await asking.ask({}, key)
  for (const one of [account, '999999999999'])
    await world.objects.put(`access/account%${one}%Other-ps%maria%USER%ours`, '')
  const clientSecretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile-page-a1B2c3'
  const settings = pageSettings.parse({ signIn: { issuer: 'https://example.com', clientId: 'x', clientSecretArn } })
  const session = { id: 's', userId: principalId.parse(asking.id('tom')), userName: principalName.parse('tom') }
  const about = async () => {
    const calls = new ServedCalls(world.ports, world.configuration, settings, new ServedDirectory(world.ports, 'page'))
    const event = {
      rawPath: '/api/about',
      rawQueryString: '',
      queryStringParameters: { request: key.slice('requests/'.length) },
      headers: {},
      isBase64Encoded: false,
      requestContext: { requestId: 'r', http: { method: 'GET', sourceIp: '192.0.2.7' } },
    }
    const caller = { arn: arnOfPage(session.userName), sourceIpAddress: '192.0.2.7' }
    const served = calls.serve(event, { call: 'GET /about', caller, session, log: world.log })
    const { rows, unread, last } = JSON.parse((await world.finish(served)).body)
    const earlier = last.map(({ outcome }: { readonly outcome: string }) => outcome)
    return { accounts: rows.map((row: { readonly account: string }) => row.account), unread, earlier }
  }
  return { asking, key, world, about }
}

test('an approver sees access in the accounts of the request alone, and none while these are unknown', async () => {
  const { world, about } = await open()
  expect(await about()).toEqual({ accounts: [account], unread: undefined, earlier: [] })
  await world.objects.delete('state/organization.json')
  expect(await about()).toEqual({ accounts: [], unread: 'the accounts of this scope', earlier: [] })
})

test('an approver sees that this person requested the same access before, and how that ended', async () => {
  const { asking, key, world, about } = await open()
  await world.objects.delete(key)
  await world.clock.advance(60_000)
  await asking.ask({ reason: 'again' }, key)
  expect(await about()).toMatchObject({ earlier: ['withdrawn'] })
})
