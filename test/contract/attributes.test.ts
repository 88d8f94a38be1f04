import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { attributeKey, attributeSource } from '../../shared/domain/attributes/attributes-file.ts'
import type { SsoAdmin } from '../../shared/ports/sso-admin.ts'
import { adapters, type IdentityCenterPorts, type IdentityCenterWorld, openWorld } from './identity-center-world.ts'

const attribute = (key: string, source: string) => ({
  key: attributeKey.parse(key),
  source: attributeSource.parse(source),
})
const path = (name: string) => `$\{path:${name}}`
const department = attribute('Department', path('enterprise.department'))
const title = attribute('Title', path('title'))
const longEnough = 60_000

describe.each(adapters)('attributes for access control on $adapter', ({ openPorts }) => {
  let world: IdentityCenterWorld
  let ports: IdentityCenterPorts
  let ssoAdmin: SsoAdmin

  beforeEach(async () => {
    world = openWorld()
    ports = await openPorts(world)
    ssoAdmin = ports.ssoAdmin
  })
  afterEach(() => ports.close())

  test('none are configured at first, and what is not there cannot be updated', async () => {
    expect(await ssoAdmin.describeAttributes()).toBeUndefined()
    await expect(ssoAdmin.updateAttributes([title])).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
  })

  test('they are in progress for a while, and no other change is taken meanwhile', async () => {
    await ssoAdmin.createAttributes([title, department])
    const attributes = [department, title]
    expect(await ssoAdmin.describeAttributes()).toEqual({ status: 'CREATION_IN_PROGRESS', attributes })
    await expect(ssoAdmin.updateAttributes([title])).rejects.toMatchObject({ code: 'ConflictException' })
    await world.clock.advance(longEnough)
    expect(await ssoAdmin.describeAttributes()).toEqual({ status: 'ENABLED', attributes })
    await expect(ssoAdmin.createAttributes([title])).rejects.toMatchObject({ code: 'ConflictException' })
    await ssoAdmin.updateAttributes([])
    await world.clock.advance(longEnough)
    expect(await ssoAdmin.describeAttributes()).toEqual({ status: 'ENABLED', attributes: [] })
  })

  test('a change that fails tells why when it is described, and another one may follow', async () => {
    world.ssoAdmin.failAttributes('The attribute source is not supported.')
    await ssoAdmin.createAttributes([title])
    await world.clock.advance(longEnough)
    const reason = 'The attribute source is not supported.'
    expect(await ssoAdmin.describeAttributes()).toMatchObject({ status: 'CREATION_FAILED', reason })
    world.ssoAdmin.failAttributes(undefined)
    await ssoAdmin.updateAttributes([title])
    await world.clock.advance(longEnough)
    expect(await ssoAdmin.describeAttributes()).toEqual({ status: 'ENABLED', attributes: [title] })
  })

  test('a key twice, and more than 50 attributes, are refused', async () => {
    const many = Array.from({ length: 51 }, (_, index) => attribute(`key-${index}`, path('title')))
    await expect(ssoAdmin.createAttributes([title, title])).rejects.toMatchObject({ code: 'ValidationException' })
    await expect(ssoAdmin.createAttributes(many)).rejects.toMatchObject({ code: 'ValidationException' })
    await ssoAdmin.createAttributes(many.slice(1))
  })
})
