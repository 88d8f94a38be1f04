import { expect, test } from '@jest/globals'
import { waitingPorts } from '../../../../handlers/cli/bucket/cli-ports.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { limitSsoAdmin } from '../../../../shared/reconcile/calls/limited-sso-admin.ts'
import { patientIdentityStore } from '../../../../shared/reconcile/calls/patient-identity-store.ts'
import { RateLimiter } from '../../../../shared/reconcile/calls/rate-limiter.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const throttled = {
  identityStore: ['identitystore', 'ThrottlingException'],
  organizations: ['organizations', 'TooManyRequestsException'],
  ssoAdmin: ['sso-admin', 'ThrottlingException'],
} as const

/** Each of these services refuses its first three calls. */
function openThrottled() {
  const refusals = new Map<string, number>()
  return new World({
    wrap: (ports) =>
      intercept(ports, ({ port, proceed }) => {
        const refused = refusals.get(port) ?? 0
        if (refused === 3 || !(port === 'identityStore' || port === 'organizations' || port === 'ssoAdmin'))
          return proceed()
        refusals.set(port, refused + 1)
        const [service, code] = throttled[port]
        throw new ServiceError(service, code, 'Rate exceeded', { httpStatus: 400 })
      }),
  })
}

test('what a command asks waits where it is throttled, and a person is told once of each service', async () => {
  const world = openThrottled()
  const told: string[] = []
  const ports = waitingPorts(world.ports, (line) => told.push(line))
  const names = Array.from({ length: 120 }, (_, index) => `person ${index}`)
  const asking = Promise.all(
    names.map((name) => ports.identityStore.findPrincipalId('USER', principalName.parse(name))),
  )
  expect(await world.finish(asking)).toEqual(names.map(() => undefined))
  expect(await world.finish(ports.organizations.managementAccountId())).toMatch(/^\d{12}$/)
  const always = () => true
  const limited = limitSsoAdmin(ports, new RateLimiter(world.clock, 20), { mayStart: always, holdsLease: always })
  expect((await world.finish(limited.listPermissionSets())).items).not.toEqual([])
  expect(told).toEqual(
    ['identitystore', 'organizations', 'sso-admin'].map(
      (service) => `${service} throttles (Rate exceeded); waiting, and going on\n`,
    ),
  )
})

test('each command tells for itself', async () => {
  for (const world of [openThrottled(), openThrottled()]) {
    const told: string[] = []
    const ports = waitingPorts(world.ports, (line) => told.push(line))
    await world.finish(ports.organizations.managementAccountId())
    expect(told).toEqual([expect.stringMatching(/^organizations throttles/)])
  }
})

test('who makes a patient directory patient shares its rate', async () => {
  const calledMs: number[] = []
  const world = new World({
    wrap: (ports) =>
      intercept(ports, ({ port, proceed }) => {
        if (port === 'identityStore') calledMs.push(world.clock.monotonicMs())
        return proceed()
      }),
  })
  const ports = waitingPorts(world.ports, () => {})
  const stores = [ports.identityStore, patientIdentityStore(ports)]
  await world.finish(
    Promise.all(
      stores.flatMap((store) =>
        Array.from({ length: 20 }, () => store.findPrincipalId('USER', principalName.parse('nobody'))),
      ),
    ),
  )
  const inSecondFrom = (ms: number) => calledMs.filter((one) => one >= ms && one < ms + 1_000).length
  expect(Math.max(...calledMs.map(inSecondFrom))).toBe(15)
})
