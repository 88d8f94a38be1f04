import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { UnitNames } from '../../../../shared/reconcile/organization/unit-names.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const finance = 'ou-acme-wrk3fina'
const key = 'state/unit-names.json'
const day = 24 * 60 * 60_000

function open(world: World) {
  const asked: string[] = []
  const ports = intercept(world.ports, ({ operation, args, proceed }) => {
    if (operation === 'parentName') asked.push(String(args[0]))
    return proceed()
  })
  return { asked, names: new UnitNames(ports) }
}

/** Acme with so many units more, each with an account. */
function large(units: number) {
  const file = acme()
  const more = Array.from({ length: units }, (_, index) => {
    const id = accountId.parse(String(600_000_000_000 + index))
    const account = { id, name: id, email: `${id}@acme.example`, tags: {}, state: 'ACTIVE' as const }
    const unit = `ou-acme-${String(index).padStart(8, '0')}`
    return { id: unit, name: `Team ${index}`, accounts: [account], organizationalUnits: [] }
  })
  const { root } = file
  return { ...file, root: { ...root, organizationalUnits: [...root.organizationalUnits, ...more] } }
}

test('the names of units are read once a day, and a renamed unit has its new name then', async () => {
  const world = new World()
  const { asked, names } = open(world)
  const view = await world.finish(new OrganizationCache(world.ports, []).view())
  const units = new Set(view.accounts.flatMap(({ parents }) => parents))
  await world.finish(names.renew(view))
  expect(asked.sort()).toEqual([...units].sort())
  expect((await names.stored()).get(finance)).toBe('Finance')
  await world.organizations.updateOrganizationalUnit(finance, 'Money/Prod')
  await world.clock.advance(day / 2)
  await world.finish(names.renew(view))
  expect(asked).toHaveLength(units.size)
  await world.clock.advance(day / 2)
  await world.finish(names.renew(view))
  expect((await names.stored()).get(finance)).toBe('Money/Prod')
})

test('of many units a run reads 200, those without a name first, until all have one', async () => {
  const world = new World({ organization: large(250) })
  const { asked, names } = open(world)
  const view = await world.finish(new OrganizationCache(world.ports, []).view())
  const all = new Set(view.accounts.flatMap(({ parents }) => parents)).size
  await world.finish(names.renew(view), 1000)
  expect(asked).toHaveLength(200)
  await world.clock.advance(day)
  await world.finish(names.renew(view), 1000)
  expect((await names.stored()).size).toBe(all)
})

test('a unit without accounts is forgotten, and where nothing is new nothing is written', async () => {
  const world = new World()
  const { names } = open(world)
  const view = await world.finish(new OrganizationCache(world.ports, []).view())
  await world.finish(names.renew(view))
  const { etag } = (await world.objects.get(key)) ?? {}
  await world.finish(names.renew(view))
  expect((await world.objects.get(key))?.etag).toBe(etag)
  const accounts = view.accounts.filter(({ parents }) => !parents.includes(finance))
  await world.finish(names.renew({ accounts }))
  expect((await names.stored()).has(finance)).toBe(false)
  expect((await names.stored()).has('r-acme')).toBe(true)
})

test('a name that nobody has read yet is asked for where somebody waits, and not kept; a unit that is gone has none', async () => {
  const world = new World()
  const { asked, names } = open(world)
  const found = await world.finish(names.of(new Set(['r-acme', finance, 'ou-acme-gonegone'])))
  expect(found).toEqual(
    new Map([
      ['r-acme', 'Root'],
      [finance, 'Finance'],
    ]),
  )
  expect(asked).toHaveLength(3)
  expect(await names.stored()).toEqual(new Map())
})

test('the second hourly reconcile reads the names of units, and is over without them where they cannot be read', async () => {
  const denied = new ServiceError('organizations', 'AccessDeniedException', 'no')
  let isDenied = true
  const world = new World({
    wrap: (ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        if (operation === 'parentName' && isDenied) throw denied
        return proceed()
      }),
  }).start()
  const warnings = () =>
    world.log.lines
      .filter(({ level, message }) => level === 'warn' && /units/.test(message))
      .map(({ message }) => message)
  await world.finish(world.everyHour(), 1000)
  expect(warnings()).toEqual([])
  await world.finish(world.everyHour(), 1000)
  expect(warnings()).toEqual(['the names of organizational units could not be read; the next run is in an hour'])
  isDenied = false
  await world.finish(world.everyHour(), 1000)
  expect((await new UnitNames(world.ports).stored()).get(finance)).toBe('Finance')
})
