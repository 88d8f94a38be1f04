import { describe, expect, test } from '@jest/globals'
import {
  type Configuration,
  configuration,
  defaultConfiguration,
} from '../../../../shared/domain/deployment/configuration.ts'
import {
  deployedConfigurationRecord,
  readDeployedConfiguration,
} from '../../../../shared/reconcile/records/deployed-configuration.ts'
import { checkOwner, claimBucket, type Deployment, readOwner } from '../../../../shared/reconcile/records/owner.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const ownerKey = 'control/owner.json'

function deployment(name: string): Deployment {
  const url = (queue: string) => `https://sqs.example/${name}-${queue}`
  return {
    name,
    queueUrls: {
      uploads: url('uploads'),
      links: url('links'),
      'permission-sets': url('permission-sets'),
      events: url('events'),
      'work-urgent': url('work-urgent'),
      work: url('work'),
      'work-bulk': url('work-bulk'),
      dispatch: url('dispatch'),
      digests: url('digests'),
    },
  }
}

/** A bucket, and the writes of its owner's record. */
async function open(interceptor: Interceptor = ({ proceed }) => proceed()) {
  const writes: unknown[] = []
  const world = new World({
    isOwned: false,
    wrap: (ports) =>
      intercept(ports, (call) => {
        if (call.operation === 'put') writes.push(call.args[2])
        return interceptor(call)
      }),
  })
  const instance = await world.ssoAdmin.instance()
  type Changed = Partial<typeof instance> & { readonly configuration?: Configuration }
  const claim = (by?: Deployment, { configuration: told = defaultConfiguration, ...changed }: Changed = {}) => {
    const { objects, ssoAdmin } = world.ports
    const other = intercept(world.ports, async () => ({ ...instance, ...changed })).ssoAdmin
    return claimBucket(
      { objects, ssoAdmin: Object.keys(changed).length > 0 ? other : ssoAdmin },
      by && { ...by, configuration: told },
    )
  }
  return { world, instance, claim, writes }
}

describe('a bucket', () => {
  test('belongs to nobody until somebody claims it, and to that instance then', async () => {
    const { world, instance, claim, writes } = await open()
    expect(await readOwner(world.objects)).toBeUndefined()
    expect(await claim()).toEqual({ v: 1, ...instance })
    expect(await readOwner(world.objects)).toEqual({ v: 1, ...instance })
    expect(await world.keys('')).toEqual([ownerKey])
    expect(writes).toEqual([{ ifNoneMatch: '*' }])
  })

  test('may be claimed again by a version that has more queues', async () => {
    const { world, instance, claim } = await open()
    const alpha = deployment('alpha')
    const { digests: _, ...queueUrls } = alpha.queueUrls
    await world.objects.put(ownerKey, JSON.stringify({ v: 1, ...instance, deployment: { ...alpha, queueUrls } }))
    expect((await readOwner(world.objects))?.deployment?.queueUrls).toEqual(queueUrls)
    expect((await claim(alpha)).deployment).toEqual(alpha)
  })

  test('is not written when its owner claims it again', async () => {
    const { instance, claim, writes } = await open()
    const alpha = deployment('alpha')
    await claim(alpha)
    expect(await claim(alpha)).toEqual({ v: 1, ...instance, deployment: alpha })
    expect(writes).toHaveLength(2)
  })

  test.each([
    ['instanceArn', 'arn:aws:sso:::instance/ssoins-ffffffffffffffff'],
    ['identityStoreId', 'd-ffffffffff'],
  ])('is refused to an instance whose %s is another', async (field, value) => {
    const { world, instance, claim } = await open()
    await claim()
    const refused = claim(undefined, { [field]: value })
    const present = field === 'instanceArn' ? value : instance.instanceArn
    await expect(refused).rejects.toThrow(
      `bucket ssofile belongs to ${instance.instanceArn}, but this is ${present}; use the right account and bucket, or delete control/owner.json if the bucket really changes hands`,
    )
    await expect(refused).rejects.toMatchObject({ name: 'WrongOwnerError' })
    expect(await readOwner(world.objects)).toEqual({ v: 1, ...instance })
  })

  test('is refused to a second deployment, and stays with the first', async () => {
    const { world, instance, claim } = await open()
    await claim(deployment('alpha'))
    const refused = claim(deployment('beta'))
    await expect(refused).rejects.toThrow(
      'bucket ssofile belongs to the deployment alpha, not to beta; remove that deployment and control/owner.json first',
    )
    await expect(refused).rejects.toMatchObject({ name: 'WrongOwnerError' })
    expect(await readOwner(world.objects)).toEqual({ v: 1, ...instance, deployment: deployment('alpha') })
  })

  test('of an instance gets its first deployment, which whoever claims it without one learns', async () => {
    const { instance, claim } = await open()
    await claim()
    const whole = { v: 1, ...instance, deployment: deployment('alpha') }
    expect(await claim(deployment('alpha'))).toEqual(whole)
    expect(await claim()).toEqual(whole)
  })

  test('has the configuration of its deployment as it was claimed last, and not in the record by which functions work', async () => {
    const { world, claim } = await open()
    await claim(deployment('alpha'))
    const changed = configuration.parse({ folders: ['team-a'] })
    await claim(deployment('alpha'), { configuration: changed })
    expect(await readDeployedConfiguration(world.objects)).toEqual(changed)
    expect(JSON.stringify(await world.json(ownerKey))).not.toContain('team-a')
  })

  test('may have been claimed by a version with more keys, anywhere, which its functions and commands leave out', async () => {
    const { world, instance, claim } = await open()
    const more = { ...defaultConfiguration, brake: { ...defaultConfiguration.brake, later: { most: 1 } }, later: 'x' }
    await world.objects.put(deployedConfigurationRecord.at, JSON.stringify({ v: 1, later: true, configuration: more }))
    expect(await readDeployedConfiguration(world.objects)).toEqual(defaultConfiguration)
    const alpha = { ...deployment('alpha'), later: 'x' }
    await world.objects.put(ownerKey, JSON.stringify({ v: 1, ...instance, deployment: alpha, later: 'x' }))
    const { instanceArn } = instance
    await expect(checkOwner(world.objects, { deployment: 'alpha', instanceArn })).resolves.toBeUndefined()
    expect((await claim(deployment('alpha'))).deployment?.name).toBe('alpha')
  })

  test('that two claim at once belongs to one of them, and the other is refused', async () => {
    const late: { rival?: () => Promise<unknown> } = {}
    const { world, instance, claim } = await open(async ({ operation, proceed }) => {
      if (operation !== 'put') return proceed()
      const { rival } = late
      delete late.rival
      await rival?.()
      return proceed()
    })
    late.rival = () => claim(deployment('alpha'))
    await expect(claim(deployment('beta'))).rejects.toThrow('belongs to the deployment alpha, not to beta')
    expect(await readOwner(world.objects)).toEqual({ v: 1, ...instance, deployment: deployment('alpha') })
  })

  test('whose record cannot be understood is nobody’s to take', async () => {
    const { world, claim, writes } = await open()
    await world.objects.put(ownerKey, '{"v":2}')
    await expect(claim()).rejects.toThrow(ownerKey)
    expect(writes).toEqual([])
  })
})

describe('a function of a deployment', () => {
  const alpha = { deployment: 'alpha', instanceArn: '' }

  test('works on the bucket that its deployment claimed', async () => {
    const { world, instance, claim } = await open()
    await claim(deployment('alpha'))
    await expect(checkOwner(world.objects, { ...alpha, ...instance })).resolves.toBeUndefined()
  })

  test('refuses to work on a bucket that nobody has claimed', async () => {
    const { world, instance } = await open()
    const checked = checkOwner(world.objects, { ...alpha, ...instance })
    await expect(checked).rejects.toThrow('bucket ssofile: there is no control/owner.json; expected')
    await expect(checked).rejects.toMatchObject({ name: 'WrongOwnerError' })
  })

  test.each([
    ['of another deployment', deployment('beta'), {}],
    ['that only its instance has claimed', undefined, {}],
    ['of another instance', deployment('alpha'), { instanceArn: 'arn:aws:sso:::instance/ssoins-ffffffffffffffff' }],
  ])('refuses to work on a bucket %s', async (_, by, changed) => {
    const { world, instance, claim } = await open()
    await claim(by)
    const checked = checkOwner(world.objects, { ...alpha, ...instance, ...changed })
    await expect(checked).rejects.toThrow(`it belongs to ${instance.instanceArn} and `)
  })
})
