import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { matchEventPattern, matchRule } from '../../../../../infra/match-event-pattern.ts'
import { watchedRegions } from '../../../../../shared/domain/account-facts/break-glass-names.ts'
import {
  type AlarmRules,
  alarmMail,
  forwarded,
  roleAlarms,
  securityAlarms,
  stackSetAlarms,
} from '../../../../../shared/modules/break-glass/rules/alarm-rules.ts'
import {
  renderAlarms,
  renderManagement,
  renderUsers,
} from '../../../../../shared/modules/break-glass/rules/render-templates.ts'
import { example } from './definitions.ts'

const folder = new URL('../../../../../fixtures/break-glass-events/', import.meta.url)
const sample = z.strictObject({
  /** Where AWS documents the shape. */
  source: z.string().min(20),
  where: z.enum(['security', 'member', 'management']),
  rings: z.boolean(),
  event: z.looseObject({ region: z.string(), detail: z.looseObject({ eventName: z.string(), readOnly: z.boolean() }) }),
})
const samples = readdirSync(folder).map((file) => ({
  name: file.replace('.json', ''),
  ...sample.parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))),
}))
const watched = watchedRegions(['eu-west-1'])

function rulesAt({ where, event }: (typeof samples)[number]): AlarmRules {
  if (where === 'member') return roleAlarms('incident-responder')
  if (where === 'management') return stackSetAlarms('111111111111')
  return watched.includes(event.region) ? securityAlarms('210000000002', event.region) : {}
}

const ringing = (one: (typeof samples)[number]) =>
  Object.entries(rulesAt(one))
    .filter(([, rule]) => matchRule(rule, one.event))
    .map(([rule]) => rule)

test.each(samples.filter(({ rings }) => rings))('$name rings', (one) => {
  expect(ringing(one)).not.toEqual([])
})

test.each(samples.filter(({ rings }) => !rings))('$name does not ring', (one) => {
  expect(ringing(one)).toEqual([])
})

test('every rule rings for a sample', () => {
  const rules = [
    securityAlarms('210000000002', 'us-east-1'),
    roleAlarms('incident-responder'),
    stackSetAlarms('111111111111'),
  ]
  expect([...new Set(samples.flatMap(ringing))].sort()).toEqual([...new Set(rules.flatMap(Object.keys))].sort())
})

test('a rule has the state that sends read-only calls if its events are such, and then it names them', () => {
  for (const one of samples)
    for (const [name, { pattern, state }] of Object.entries(rulesAt(one)))
      if (matchEventPattern(pattern, one.event)) {
        const seesReads = state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
        const isNamed = 'eventName' in Object(pattern.detail)
        // That a responder calls is told of every change; reads ring by rules of their own.
        if (name !== 'call-by-responder')
          expect({ name, seesReads }).toEqual({ name, seesReads: one.event.detail.readOnly })
        if (seesReads) expect({ name, isNamed }).toEqual({ name, isNamed: true })
      }
})

test('what an account sends to the bus rings, whichever event it is', () => {
  const changing = samples.map(({ event }) => event).filter(({ detail }) => !detail.readOnly)
  for (const event of changing) expect(matchRule(forwarded, event)).toBe(true)
})

test('a Region to which the console may send who signs in is watched, whatever the file says', () => {
  expect(watchedRegions([])).toEqual(['ap-southeast-2', 'eu-north-1', 'us-east-1', 'us-east-2'])
})

test('a mail says who did what, from where, with which role, in which account, and each value comes from the event', () => {
  const { InputPathsMap, InputTemplate } = alarmMail
  const named = [...InputTemplate.matchAll(/<(\w+)>/g)].map(([, name = '']) => name)
  expect([...new Set(named)].sort()).toEqual(Object.keys(InputPathsMap).sort())
  const assumed = samples.find(({ name }) => name === 'assume-role-refused')
  const values = Object.values(InputPathsMap).map((path) =>
    path
      .slice(2)
      .split('.')
      .reduce<unknown>(
        (at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
        assumed?.event,
      ),
  )
  expect(values).not.toContain(undefined)
})

test('the longest names that are valid have room in the names of rules and roles', () => {
  const longest = 'p'.repeat(32)
  const [playbook] = example.playbooks
  if (playbook === undefined) throw new Error('the example has playbooks')
  const file = { ...example, playbooks: [{ ...playbook, name: longest, accounts: [example.managementAccount] }] }
  for (const { Resources } of [renderManagement(file), renderAlarms(file, 'us-east-1'), renderUsers(file)])
    for (const { Type, Properties } of Object.values(Resources))
      if (/^AWS::(IAM::Role|IAM::User|Events::Rule)$/.test(Type))
        expect(String(Properties.Name ?? Properties.RoleName ?? Properties.UserName).length).toBeLessThanOrEqual(64)
})
