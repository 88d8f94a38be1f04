import type { Command } from 'commander'
import { openBreakGlassAuditor } from '../../../shared/aws/aws-break-glass-auditor.ts'
import type { BreakGlass } from '../../../shared/domain/files/break-glass-file.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { compareBreakGlass } from '../../../shared/modules/break-glass/compare-break-glass.ts'
import type { BreakGlassFinding } from '../../../shared/modules/break-glass/rules/judge-break-glass.ts'
import { judgeServiceControl } from '../../../shared/modules/break-glass/rules/judge-service-control.ts'
import { listAll } from '../../../shared/ports/page.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { renderFinding } from '../operations/render-finding.ts'
import { renderJson } from '../terminal/render-json.ts'
import { readBreakGlass } from './read-break-glass.ts'
import { readDrills } from './read-drills.ts'
import { readServiceControl } from './read-service-control.ts'

type Options = {
  readonly file: string
  readonly drills?: string
  readonly scp?: readonly string[]
  readonly json?: boolean
}

export function addBreakGlassCheck(group: Command): void {
  group
    .command('check')
    .summary('compare roles, rules, users, devices, alarms and drills with the file')
    .description(
      'Compares the deployment with the file: roles and rules in each account and sign-in Region, two MFA devices and no key for each user, confirmed alarm addresses, drills in time, responders in the directory, and service control policies that you name. It only reads, with your session and the `auditorRole` of the file.\nExit code 1: something fails or could not be checked (drills and people only warn).',
    )
    .requiredOption('--file <file>', 'the definition, infra/break-glass/<name>.json')
    .option('--drills <folder|s3://bucket>', 'where drills/ is; default: the bucket')
    .option('--scp <files...>', 'attached service control policies: whether they stop break-glass')
    .option('--json', 'the findings as JSON')
    .addHelpText('after', '\nExample:\n  ssofile break-glass check --file infra/break-glass/example.json')
    .action(async (options: Options) => {
      const file = await readBreakGlass(options.file)
      const findings: BreakGlassFinding[] = [...judgeServiceControl(file, await readServiceControl(options.scp ?? []))]
      if (!options.json) process.stdout.write(findings.map(renderFinding).join(''))
      const found = checkBreakGlass(file, options.drills)
      for await (const finding of options.json ? found : groupUnchecked(found)) {
        findings.push(finding)
        if (!options.json) process.stdout.write(renderFinding(finding))
      }
      if (options.json) process.stdout.write(renderJson(findings))
      process.exitCode = findings.some(({ level }) => level === 'fail') ? 1 : 0
    })
}

const namedMost = 5

/** Merges checks that failed for the same reason into one finding, which comes last. For a terminal. */
export async function* groupUnchecked(findings: AsyncIterable<BreakGlassFinding>): AsyncGenerator<BreakGlassFinding> {
  const unchecked: BreakGlassFinding[] = []
  for await (const finding of findings) {
    if (finding.isUnchecked) unchecked.push(finding)
    else yield finding
  }
  const why = ({ told, subject }: BreakGlassFinding) => {
    // The id of each account becomes a placeholder, so that equal reasons look equal.
    const reason = told.replace(/^.*?not checked: /, '')
    return accountId.safeParse(subject).success ? reason.replaceAll(subject, '<account>') : reason
  }
  const groups = Map.groupBy(unchecked, (one) => JSON.stringify([one.level, one.remedy, why(one)]))
  yield* [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined || group.length === 1) return group
    const names = group.map(({ check, subject }) => `${check.replace('break-glass ', '')} ${subject}`.trim())
    const more = names.length > namedMost ? ` and ${names.length - namedMost} more` : ''
    const told = `${names.length} not checked (${names.slice(0, namedMost).join(', ')}${more}): ${why(first)}`
    return { ...first, check: 'break-glass', told }
  })
}

export function checkBreakGlass(file: BreakGlass, drills: string | undefined): AsyncGenerator<BreakGlassFinding> {
  const ports = openCliPorts(bucketOf(undefined))
  const { organizations, identityStore, clock } = ports
  return compareBreakGlass(file, {
    auditor: openBreakGlassAuditor(),
    clock,
    accounts: () => Array.fromAsync(listAll((token) => organizations.listAccounts(token))),
    isUser: async (name) => (await identityStore.findPrincipalId('USER', principalName.parse(name))) !== undefined,
    drills: () => readDrills(drills, ports),
    untilMs: Number.POSITIVE_INFINITY,
  })
}
