import { describe, expect, test } from '@jest/globals'
import { checkingPorts } from '../../../../handlers/cli/bucket/check-actor.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { pauseChanges, resumeChanges } from '../../../../shared/reconcile/records/pause.ts'
import { listProjectFiles, readText } from '../../../house/source-files.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const kenji = 'kenji.ito@acme.example'
const sessionOf = (name: string) =>
  `arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Ops-ps_0123456789abcdef/${name}`
const suspension = `suspended/${kenji}`

function open(arn = sessionOf(kenji), answer: Interceptor = ({ proceed }) => proceed()) {
  const world = new World()
  const asked: string[] = []
  const ports = checkingPorts(
    intercept(world.ports, (call) => {
      asked.push(`${call.port}.${call.operation}`)
      return answer(call)
    }),
    async () => arn,
  )
  const id = principalId.parse(world.identityStore.idOf('USER', kenji))
  return { world, ports, asked, id, pause: () => world.finish(pauseChanges(ports, { reason: 'why', by: kenji })) }
}

const denied: Interceptor = async ({ port, proceed }) => {
  if (port === 'identityStore')
    throw new ServiceError('identitystore', 'AccessDeniedException', 'no', { httpStatus: 400 })
  return proceed()
}

describe('a command of a person', () => {
  test('who is suspended is refused before it writes anything, and still reads', async () => {
    const { world, ports, pause } = open()
    await world.objects.put(suspension, '')
    await expect(pause()).rejects.toThrow(
      `received the credentials of '${kenji}', who is suspended, expected those of a user who is not suspended; nothing was written`,
    )
    await expect(world.finish(resumeChanges(ports, kenji))).resolves.toEqual({ is: 'none' })
    await expect(world.finish(ports.objects.delete(suspension))).rejects.toThrow('who is suspended')
    await expect(world.finish(ports.queues.send('links', []))).rejects.toThrow('who is suspended')
    expect(await world.keys('control/')).toEqual(['control/owner.json'])
    expect(await ports.objects.head(suspension)).toBeDefined()
    expect(await Array.fromAsync(ports.objects.list('suspended/'))).toHaveLength(1)
  })

  test('who was renamed since the suspension is refused', async () => {
    const { world, pause, id } = open(sessionOf('ken@acme.example'))
    await world.objects.put(suspension, '')
    await world.objects.put(`state/suspended/${id}%${kenji}`, '')
    await world.identityStore.updateUser(id, [{ path: 'userName', value: 'ken@acme.example' }])
    await expect(pause()).rejects.toThrow('who is suspended')
  })

  test('who is disabled is refused', async () => {
    const { world, pause, id } = open()
    await world.identityStore.setUserStatus(id, 'DISABLED')
    await expect(pause()).rejects.toThrow(`the credentials of a user who is disabled (${kenji})`)
  })

  test('whom the directory does not have is refused', async () => {
    await expect(open(sessionOf('nobody')).pause()).rejects.toThrow("'nobody', an unknown user")
  })

  test('who may act is asked about once for many writes, and again after a minute', async () => {
    const { world, ports, pause, asked } = open()
    await pause()
    await world.finish(resumeChanges(ports, kenji))
    expect(asked.filter((one) => one === 'identityStore.findUser')).toHaveLength(1)
    await world.objects.put(suspension, '')
    await world.clock.advance(60_000)
    await expect(pause()).rejects.toThrow('who is suspended')
  })

  test('is judged by the name of the session where the directory may not be read', async () => {
    const { world, pause } = open(sessionOf(kenji), denied)
    await pause()
    expect(await world.keys('control/')).toContain('control/pause.json')
    const other = open(sessionOf(kenji), denied)
    await other.world.objects.put(suspension, '')
    await expect(other.pause()).rejects.toThrow('who is suspended')
  })

  test('is left to the policy of the bucket where neither the directory nor suspended/ may be read', async () => {
    const { world, pause } = open(sessionOf(kenji), async (call) => {
      if (call.operation === 'head' && call.args[0] === suspension) throw new ServiceError('s3', 'AccessDenied', 'no')
      return denied(call)
    })
    await pause()
    expect(await world.keys('control/')).toContain('control/pause.json')
  })

  test.each(['identityStore', 'objects'] as const)('writes nothing where %s does not answer', async (service) => {
    const { world, pause } = open(sessionOf(kenji), async ({ port, operation, args, proceed }) => {
      const isAsked = port === service && (operation === 'findUser' || args[0] === suspension)
      if (isAsked)
        throw new ServiceError(port === 'objects' ? 's3' : 'identitystore', 'InternalError', 'down', {
          httpStatus: 500,
        })
      return proceed()
    })
    await expect(pause()).rejects.toThrow('down')
    expect(await world.keys('control/')).toEqual(['control/owner.json'])
  })
})

test.each([
  ['a role', 'arn:aws:sts::111111111111:assumed-role/pipeline/run-7'],
  ['a session whose name AWS may have cut', sessionOf('k'.repeat(64))],
])('a command of %s asks nobody, and writes', async (_, arn) => {
  const { world, pause, asked } = open(arn)
  await pause()
  expect(asked.filter((one) => one.startsWith('identityStore'))).toEqual([])
  expect(await world.keys('control/')).toContain('control/pause.json')
})

test('every command opens the bucket by these ports', () => {
  const openers = listProjectFiles().filter(
    (file) => file.startsWith('handlers/cli/') && /aws\/aws-ports\.ts|s3-object-store\.ts/.test(readText(file)),
  )
  expect(openers).toEqual(['handlers/cli/bucket/cli-ports.ts'])
})
