import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { listAll } from '../../shared/ports/page.ts'
import type { SsoAdmin } from '../../shared/ports/sso-admin.ts'
import { adapters, type IdentityCenterPorts, type IdentityCenterWorld, openWorld } from './identity-center-world.ts'

const scope = 'sso:account:access'

describe.each(adapters)('applications on $adapter', ({ openPorts }) => {
  let world: IdentityCenterWorld
  let ports: IdentityCenterPorts
  let ssoAdmin: SsoAdmin

  beforeEach(async () => {
    world = openWorld()
    ports = await openPorts(world)
    ssoAdmin = ports.ssoAdmin
  })
  afterEach(() => ports.close())

  const list = () => Array.fromAsync(listAll((token) => ssoAdmin.listApplications(token)))

  test('an application has the scope from the call that gives it until the call that takes it', async () => {
    expect(await list()).toEqual([])
    const arn = world.ssoAdmin.applications.create('Data portal')
    expect(await list()).toEqual([
      { arn, name: 'Data portal', account: world.ssoAdmin.ownerAccountId, isEnabled: true },
    ])
    expect(await ssoAdmin.getApplicationScope(arn, scope)).toBe(false)
    world.ssoAdmin.applications.putScope(arn, scope)
    expect(await ssoAdmin.getApplicationScope(arn, scope)).toBe(true)
    expect(await ssoAdmin.getApplicationScope(arn, 'another:scope')).toBe(false)
    world.ssoAdmin.applications.deleteScope(arn, scope)
    expect(await ssoAdmin.getApplicationScope(arn, scope)).toBe(false)
  })

  test('a missing application has no scope', async () => {
    const arn = world.ssoAdmin.applications.create('Data portal')
    world.ssoAdmin.applications.putScope(arn, scope)
    world.ssoAdmin.applications.delete(arn)
    expect(await ssoAdmin.getApplicationScope(arn, scope)).toBe(false)
  })

  test('more applications than AWS puts on one page are all listed', async () => {
    for (let index = 0; index < 51; index++) {
      await world.clock.advance(100)
      world.ssoAdmin.applications.create(`application-${index}`)
    }
    expect((await ssoAdmin.listApplications()).items).toHaveLength(50)
    expect(await list()).toHaveLength(51)
  })
})
