import { expect, test } from '@jest/globals'
import { waitingPorts } from '../../../handlers/cli/cli-ports.ts'
import { principalName } from '../../../shared/domain/principal.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { intercept } from '../../intercept.ts'
import { World } from '../../world.ts'

test('what a command asks of the directory and the organization waits where it is throttled, and a person is told once of each', async () => {
  const refusals = new Map<string, number>()
  const world = new World({
    wrap: (ports) =>
      intercept(ports, ({ port, proceed }) => {
        const refused = refusals.get(port) ?? 0
        if ((port !== 'identityStore' && port !== 'organizations') || refused === 3) return proceed()
        refusals.set(port, refused + 1)
        const [service, code] =
          port === 'organizations'
            ? (['organizations', 'TooManyRequestsException'] as const)
            : (['identitystore', 'ThrottlingException'] as const)
        throw new ServiceError(service, code, 'Rate exceeded', { httpStatus: 400 })
      }),
  })
  const told: string[] = []
  const ports = waitingPorts(world.ports, (line) => told.push(line))
  const names = Array.from({ length: 120 }, (_, index) => `person ${index}`)
  const asking = Promise.all(
    names.map((name) => ports.identityStore.findPrincipalId('USER', principalName.parse(name))),
  )
  expect(await world.finish(asking)).toEqual(names.map(() => undefined))
  expect(await world.finish(ports.organizations.managementAccountId())).toMatch(/^\d{12}$/)
  expect(told).toEqual([
    'identitystore answers that it is asked too often (Rate exceeded); waiting, and going on\n',
    'organizations answers that it is asked too often (Rate exceeded); waiting, and going on\n',
  ])
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
