import { beforeEach, describe, expect, test } from '@jest/globals'
import { alarmBusArn, iamRegion, userName } from '../../../../shared/domain/account-facts/break-glass-names.ts'
import type { DeployedRule } from '../../../../shared/domain/account-facts/deployed-break-glass.ts'
import type { BreakGlass } from '../../../../shared/domain/files/break-glass-file.ts'
import { playbooksIn } from '../../../../shared/domain/files/break-glass-file.ts'
import {
  roleRules,
  securityRules,
  stackSetRules,
  type WantedRule,
} from '../../../../shared/modules/break-glass/rules/alarm-rules.ts'
import { rolesOfAccount } from '../../../../shared/modules/break-glass/rules/render-role.ts'
import { renderBusStatement, renderTopicPolicy } from '../../../../shared/modules/break-glass/rules/render-templates.ts'
import { renderUserPolicy } from '../../../../shared/modules/break-glass/rules/render-user-policy.ts'
import type { BreakGlassAccount, BreakGlassAuditor } from '../../../../shared/ports/break-glass.ts'
import type { OutgoingEvent } from '../../../../shared/ports/event-bus.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { World } from '../../../world.ts'
import { example } from '../break-glass/rules/definitions.ts'

const account = '233000000001'
const role = 'BREAK-GLASS-administrator'
const kept = (prefix: string, check: string, subject: string) => `${prefix}break-glass/example/${check}/${subject}`
const attention = (check: string, subject: string) => kept('attention/failed/', check, subject)

/** What the stacks of a definition have made, and what went wrong since. */
class Deployed implements BreakGlassAuditor {
  readonly refused = new Set<string>()
  lost: string | undefined
  devices = 2
  readonly file: BreakGlass
  readonly #world: World

  constructor(file: BreakGlass, world: World) {
    this.file = file
    this.#world = world
  }

  async enter(id: string, roleName: string): Promise<BreakGlassAccount> {
    const { file, lost, devices } = this
    if (this.refused.has(id) || roleName !== file.auditorRole)
      throw new ServiceError('sts', 'AccessDenied', 'not authorized to perform: sts:AssumeRole')
    const found = this.#world.organizations.accountsNow().find((one) => one.id === id)
    const playbooks = found === undefined ? [] : playbooksIn(file, found)
    const texts = (policies: Readonly<Record<string, object>>) =>
      Object.fromEntries(Object.entries(policies).map(([name, policy]) => [name, JSON.stringify(policy)]))
    const roles = rolesOfAccount(file, id, playbooks).map(({ trust, inline, ...one }) => ({
      ...one,
      trust: JSON.stringify(trust),
      inline: texts(inline),
    }))
    const deployed = (rules: readonly WantedRule[]) =>
      rules.map(({ pattern, ...rule }): DeployedRule => ({ ...rule, pattern: JSON.stringify(pattern), sends: true }))
    return {
      roles: async () => roles.filter(({ name }) => id !== account || name !== lost),
      rules: async ({ region, target, bus }) => {
        if (bus !== undefined) return deployed(securityRules(file, region).filter((rule) => rule.bus === bus))
        if (target !== alarmBusArn(file.securityAccount)) return deployed(securityRules(file, region))
        const besideStackSets = id === file.managementAccount && region === iamRegion ? stackSetRules(file) : []
        return deployed([...playbooks.flatMap(({ name }) => roleRules(name)), ...besideStackSets])
      },
      users: async () =>
        file.responders.map((responder) => ({
          name: userName(responder.name),
          attached: [JSON.stringify(renderUserPolicy(file, responder))],
          more: [],
          devices,
          keys: 0,
          hasPassword: true,
        })),
      passwordPolicy: async () => ({ minimumLength: 24, isMixed: true }),
      busPolicy: async () => JSON.stringify({ Version: '2012-10-17', Statement: [renderBusStatement(file)] }),
      topic: async (topicArn) => ({ policy: JSON.stringify(renderTopicPolicy(topicArn)) }),
      subscriptions: async () => file.alarmAddresses.map((address) => ({ address, isConfirmed: true })),
      trail: async () => [],
    }
  }
}

let world: World
let deployed: Deployed
let definitions: readonly BreakGlass[] = [example]
beforeEach(async () => {
  await open('ssofile-auditor')
})

async function open(auditorRole: string): Promise<void> {
  definitions = [example]
  world = new World({
    configuration: { auditorRole },
    wrap: (ports) => ({
      ...ports,
      breakGlass: { auditor: { enter: (...of) => deployed.enter(...of) }, definitions: () => definitions },
    }),
  }).start({ dispatcher: false })
  deployed = new Deployed(example, world)
  for (const { name } of example.responders)
    await world.objects.put(`drills/2026-03-01/${name}.json`, JSON.stringify(drillOf(name)))
  await world.finish(world.everyHour())
}

const drillOf = (responder: string) => {
  const at = '2026-03-01T10:00:00.000Z'
  const roles = [{ role, account, assumedInMs: 5, calls: [] }]
  const alarm = { code: 'c', afterMs: 1 }
  return { v: 1, responder, definition: 'example', startedAt: at, endedAt: at, roles, alarm, isPassed: true }
}

async function report() {
  await world.finish(world.everyMorning())
  const folder = `reports/${world.clock.now().toISOString().slice(0, 10)}/`
  const table = new TextDecoder().decode((await world.objects.get(`${folder}break-glass.csv`))?.body)
  const { notes } = (await world.json(`${folder}summary.json`)) ?? {}
  return { table, notes: JSON.stringify(notes), attention: await world.keys('attention/failed/break-glass/') }
}

describe('findings of break-glass', () => {
  test('are none where all is as rendered: the table has what was checked, and nothing wants a person', async () => {
    const { table, notes, attention: wanted } = await report()
    expect(table).toContain('"break-glass roles","ok","40 accounts have their roles and rules as rendered"')
    expect(table.split('\r\n').filter((line) => /"(warn|fail|skip)"/.test(line))).toEqual([])
    expect(notes).not.toContain('break-glass')
    expect(wanted).toEqual([])
  })

  test('stand in the table, in the notes, under attention/ and in a status, and go when they are mended', async () => {
    deployed.lost = role
    deployed.devices = 1
    const { table, notes, attention: wanted } = await report()
    const told = `${account} has no role ${role}`
    expect(table).toContain(`"example","break-glass roles","fail","${told}"`)
    expect(notes).toContain(`break-glass example: ${told}`)
    expect(wanted).toEqual([
      attention('roles', `${account}/${role}`),
      ...['ama', 'kenji', 'lars'].map((name) => attention('users', userName(name))),
    ])
    expect(await world.json(`${kept('status/', 'roles', `${account}/${role}`)}.json`)).toMatchObject({
      state: 'failed',
      reason: told,
      remedy: expect.stringContaining('check its StackSet'),
    })
    deployed.lost = undefined
    deployed.devices = 2
    await world.clock.advance(24 * 60 * 60_000)
    expect((await report()).attention).toEqual([])
    expect(await world.keys('status/break-glass/')).toEqual([])
  })

  test('are told as outcomes, each once', async () => {
    const told: string[] = []
    const eventBus = {
      put: async (events: readonly OutgoingEvent[]) => {
        for (const { detail } of events) if (detail.includes('break-glass')) told.push(detail)
        return events.map(() => undefined)
      },
    }
    const look = () => world.finish(world.runSchedule('notifications', { ...world.ports, eventBus }))
    await look()
    deployed.lost = role
    for (let night = 0; night < 2; night++) {
      await report()
      await look()
    }
    expect(told.map((detail) => JSON.parse(detail))).toEqual([
      expect.objectContaining({
        kind: 'input',
        event: 'failed',
        input: `break-glass/example/roles/${account}/${role}`,
        reason: `${account} has no role ${role}`,
      }),
    ])
  })

  test('stay under attention/ when a sweep and a reconcile have looked', async () => {
    deployed.lost = role
    await report()
    await world.finish(world.everyFiveMinutes())
    await world.finish(world.everyHour())
    expect(await world.keys('attention/')).toEqual([attention('roles', `${account}/${role}`)])
  })

  test('of an account that could not be asked stay as they were, and the table says that nobody knows', async () => {
    deployed.lost = role
    await report()
    deployed.refused.add(account)
    const { table, attention: wanted } = await report()
    expect(table).toContain(`${account} was not checked: AccessDenied`)
    expect(wanted).toEqual([attention('roles', `${account}/${role}`)])
  })

  test('go with the definition that they are of', async () => {
    deployed.lost = role
    await report()
    definitions = []
    await world.finish(world.everyMorning())
    expect(await world.keys('attention/failed/break-glass/')).toEqual([])
  })

  test('of a security account that cannot be entered are one line each, and nothing under attention/', async () => {
    deployed.refused.add(example.securityAccount)
    const { table, attention: wanted } = await report()
    expect(table).toMatch(/"break-glass users","fail","not checked: not authorized/)
    expect(wanted).toEqual([])
  })
})

test('where the deployment has no such role of an auditor, one line says so, with the command to run', async () => {
  await open('')
  const { table, notes, attention: wanted } = await report()
  expect(table.split('\r\n').slice(1, -1)).toHaveLength(1)
  expect(notes).toContain('run ssofile break-glass check --file infra/break-glass/example.json')
  expect(wanted).toEqual([])
})
