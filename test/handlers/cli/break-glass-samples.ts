import {
  alarmQuestion,
  renderDrill,
  renderDrilledRole,
  tellStranger,
} from '../../../handlers/cli/break-glass/break-glass-drill.ts'
import { renderEvidence } from '../../../handlers/cli/break-glass/break-glass-evidence.ts'
import { renderFinding } from '../../../handlers/cli/operations/render-finding.ts'
import { userName, watchedRegions } from '../../../shared/domain/account-facts/break-glass-names.ts'
import { securityRules } from '../../../shared/modules/break-glass/rules/alarm-rules.ts'
import { type DrilledRole, type DrillRecord, drillKey } from '../../../shared/modules/break-glass/rules/drill-record.ts'
import {
  type BreakGlassFinding,
  judgeDrills,
  judgeLeavers,
  judgePasswordPolicy,
  judgeRoles,
  judgeSecurityRules,
  judgeSubscriptions,
  judgeUsers,
} from '../../../shared/modules/break-glass/rules/judge-break-glass.ts'
import { rolesOfAccount } from '../../../shared/modules/break-glass/rules/render-role.ts'
import { renderBusStatement } from '../../../shared/modules/break-glass/rules/render-templates.ts'
import { renderUserPolicy } from '../../../shared/modules/break-glass/rules/render-user-policy.ts'
import { example, playbookOf } from '../../shared/modules/break-glass/rules/definitions.ts'

const now = new Date('2026-03-03T10:00:00.000Z')
const account = '233000000001'
const file = '--file infra/break-glass/example.json'
const code = '1e509cdd-037f-42a4-9c03-c4018f939f4e'

const { may, mayNot } = playbookOf(example, 'incident-responder')
const drilled: DrilledRole = {
  role: 'BREAK-GLASS-incident-responder',
  account,
  assumedInMs: 212,
  calls: [
    ...may.map((call) => ({ call, expected: 'allowed' as const, came: 'allowed' })),
    ...mayNot.map((call) => ({ call, expected: 'refused' as const, came: 'refused' })),
  ],
}
const drill: DrillRecord = {
  v: 1,
  responder: 'kenji',
  definition: 'example',
  startedAt: now.toISOString(),
  endedAt: now.toISOString(),
  roles: [drilled],
  alarm: { code, afterMs: 41_000 },
  isPassed: true,
}

/** One role was changed, and only kenji has signed in. */
function sampleFindings(): readonly BreakGlassFinding[] {
  const playbooks = [playbookOf(example, 'administrator')]
  const roles = rolesOfAccount(example, account, playbooks).map(({ trust, inline, ...role }) => ({
    ...role,
    maxSessionSeconds: role.name.endsWith('-alarms') ? role.maxSessionSeconds : 12 * 3600,
    trust: JSON.stringify(trust),
    inline: Object.fromEntries(Object.entries(inline).map(([name, policy]) => [name, JSON.stringify(policy)])),
  }))
  const users = example.responders.map((responder) => ({
    name: userName(responder.name),
    attached: [JSON.stringify(renderUserPolicy(example, responder))],
    more: [],
    keys: 0,
    hasPassword: true,
    devices: responder.name === 'kenji' ? 2 : 0,
    passwordUsedAt: now,
  }))
  const confirmed = example.alarmAddresses.map((address) => ({ address, isConfirmed: true }))
  return [
    ...judgeRoles(example, { account, playbooks, roles }),
    ...judgeUsers(example, users, now),
    judgePasswordPolicy(example, undefined),
    ...watchedRegions(example.signInRegions).flatMap((region) => {
      const rules = securityRules(example, region).map(({ pattern, ...rule }) => {
        return { ...rule, pattern: JSON.stringify(pattern), sends: true }
      })
      const busPolicy = JSON.stringify({ Version: '2012-10-17', Statement: renderBusStatement(example) })
      return [
        ...judgeSecurityRules(example, region, { rules, busPolicy }),
        ...judgeSubscriptions(example, region, confirmed),
      ]
    }),
    ...judgeLeavers([]),
    ...judgeDrills(example, [drill], now),
  ]
}

/** What each command prints, by command, as markdown. */
export const breakGlassSamples: Readonly<Record<string, () => string>> = {
  check: () => block(`break-glass check ${file}`, `${sampleFindings().map(renderFinding).join('')}exit code: 1`),
  drill: () =>
    block(
      `break-glass drill ${file} --playbook incident-responder`,
      `${renderDrilledRole(drilled)}${alarmQuestion}${code}\n${renderDrill(drill, drillKey(drill))}exit code: 0`,
      `break-glass drill ${file}`,
      `ssofile: ${tellStranger(example, 'arn:aws:sts::000000000000:assumed-role/me/local')}\nexit code: 2`,
    ),
  evidence: () =>
    block(
      `break-glass evidence ${file} --months 2 --to evidence.json`,
      `${renderEvidence('evidence.json', { uses: Array(17), drills: [drill], changes: Array(2), gaps: [] })}exit code: 0`,
    ),
}

function block(...lines: readonly string[]): string {
  const shown = lines.map((line, index) => (index % 2 === 0 ? `$ ssofile ${line}` : line))
  return `\`\`\`\n${shown.join('\n')}\n\`\`\`\n`
}
