import { expect, test } from '@jest/globals'
import { api } from '../../../handlers/api/api.ts'
import { ServedCalls } from '../../../handlers/page/served-calls.ts'
import { pageSettings } from '../../../shared/domain/deployment/page-settings.ts'
import { principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { functionSettings } from '../../../shared/ports/deployment-settings.ts'
import { ServedDirectory } from '../../../shared/reconcile/calls/served-directory.ts'
import { Asking, account } from '../asking.ts'

const people = Array.from({ length: 60 }, (_, nth) => `person-${nth}`)

/** As many instances of both functions as a deployment has. */
function openInstances({ world: { ports, configuration, identityStore } }: Asking) {
  const clientSecretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile-page-a1B2c3'
  const settings = pageSettings.parse({ signIn: { issuer: 'https://example.com', clientId: 'x', clientSecretArn } })
  const role = 'AWSReservedSSO_Uploader-ps_0123456789abcdef'
  const openPage = () => {
    const calls = new ServedCalls(ports, configuration, settings, new ServedDirectory(ports, 'page'))
    return (name: string) => calls.findUser(principalId.parse(identityStore.idOf('USER', name)), true)
  }
  const openApi = () => {
    const serve = api(ports, configuration)
    return (name: string) => {
      const iam = { userArn: `arn:aws:sts::${account}:assumed-role/${role}/${name}` }
      const requestContext = { requestId: 'r', http: { sourceIp: '192.0.2.1' }, authorizer: { iam } }
      return serve({ routeKey: 'POST /links', rawPath: '/links', headers: {}, isBase64Encoded: false, requestContext })
    }
  }
  const { page, api: ofApi } = functionSettings
  return [
    ...Array.from({ length: page.reservedConcurrency ?? 100 }, openPage),
    ...Array.from({ length: ofApi.reservedConcurrency ?? 100 }, openApi),
  ]
}

test('a suspension takes access within a minute while people send page and API as much as they can', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  await world.objects.put(`links_data/account%${account}%Admin-ps%maria%USER%ssofile`, '{}')
  await world.until(() => asking.has(), 'the access')
  const instances = openInstances(asking)
  const flood = { isOn: true, sent: 0 }
  const send = async () => {
    for (; flood.isOn; flood.sent++) {
      const [instance, person] = [instances[flood.sent % instances.length], people[flood.sent % people.length]]
      if (instance && person) void Promise.resolve(instance(person)).catch(() => {})
      await world.clock.sleep(10)
    }
  }
  void send()
  await world.clock.advance(1_000)
  const beganMs = world.clock.monotonicMs()
  await world.objects.put('suspended/maria', '')
  await world.until(() => !asking.has(), 'the revocation')
  flood.isOn = false
  expect(flood.sent).toBeGreaterThan(200)
  expect(world.clock.monotonicMs() - beganMs).toBeLessThan(60_000)
})
