import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type EventPattern, matchRule } from '../../infra/match-event-pattern.ts'
import { evaluatePolicy } from '../../shared/domain/iam-policies/evaluate-policy.ts'
import type { RuleState } from '../../shared/modules/break-glass/rules/alarm-rules.ts'
import { environments } from './environments.ts'
import type { Assembly } from './synthesize.ts'

const [management, account] = ['444455556666', '111122223333']
const additionalRegions = ['eu-central-1', 'us-east-1']
const modes = ['delegated', 'management'] as const
const nameOf = (mode: (typeof modes)[number]) => `${mode}-replicated`
export const replicated = Object.fromEntries(
  modes.map((mode) => [nameOf(mode), { ...environments[mode], additionalRegions }]),
)
const use = JSON.parse(
  readFileSync(new URL('../../fixtures/events/get-role-credentials.json', import.meta.url), 'utf8'),
)

let assemblies: Readonly<Record<string, Assembly>> = {}

type Rule = {
  readonly State: RuleState
  readonly EventPattern: EventPattern
  readonly EventBusName?: unknown
  readonly Targets: readonly { readonly Arn: unknown }[]
}
const list = (mode: (typeof modes)[number], stack: string, type: string) =>
  Object.values(assemblies[nameOf(mode)]?.[stack]?.Resources ?? {}).filter(({ Type }) => Type === type)
const targetsOf = (mode: (typeof modes)[number], stack: string, event: object, onBus: boolean) =>
  list(mode, stack, 'AWS::Events::Rule')
    .map(({ Properties }) => Properties as unknown as Rule)
    .filter(({ EventBusName, EventPattern, State }) => {
      const rule = { pattern: EventPattern ?? {}, state: State }
      return EventPattern !== undefined && (EventBusName !== undefined) === onBus && matchRule(rule, event)
    })
    .flatMap(({ Targets }) => Targets.map(({ Arn }) => Arn))

/** The tests of the Regions that IAM Identity Center is replicated to: templates.test.ts has the templates. */
export function testAdditionalRegions(synthesized: () => typeof assemblies): void {
  beforeAll(() => {
    assemblies = synthesized()
  })

  describe.each(modes)('a use in an additional Region (%s)', (mode) => {
    const home = mode === 'delegated' ? account : management
    const busArn = `arn:aws:events:eu-west-1:${home}:event-bus/ssofile-events`

    test.each(additionalRegions)('goes from %s to the bus, and from there to the queue of uses alone', (region) => {
      const event = { ...use, account: management, region }
      const stack = `ssofile-forward-${region}`
      expect(targetsOf(mode, stack, event, false)).toEqual([busArn])
      const [role] = list(mode, stack, 'AWS::IAM::Role')
      const bus = list(mode, 'ssofile', 'AWS::Events::EventBus').find(({ Properties }) => Properties.Policy)
      const request = { action: 'events:PutEvents', resource: busArn }
      const principal = `arn:aws:iam::${management}:role/${role?.Properties.RoleName}`
      const policy = bus?.Properties.Policy as Parameters<typeof evaluatePolicy>[0]
      expect(evaluatePolicy(policy, { ...request, principal })).toBe('allowed')
      expect(targetsOf(mode, 'ssofile', event, true)).toEqual([
        { 'Fn::GetAtt': [expect.stringMatching(/^Queueusage/), 'Arn'] },
      ])
      expect(targetsOf(mode, 'ssofile', { ...event, account: '999999999999' }, true)).toEqual([])
    })

    test('is proven by no watching call of its own: only the Region of IAM Identity Center makes it', () => {
      const stacks = Object.keys(assemblies[nameOf(mode)] ?? {})
      expect(stacks).toEqual(expect.arrayContaining(additionalRegions.map((region) => `ssofile-forward-${region}`)))
      expect(stacks.filter((stack) => list(mode, stack, 'AWS::Scheduler::Schedule').length > 0)).toEqual([
        mode === 'delegated' ? 'ssofile-forward-eu-west-1' : 'ssofile',
      ])
    })
  })
}
