import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { openBreakGlassAuditor } from '../../../shared/aws/aws-break-glass-auditor.ts'
import { watchedRegions } from '../../../shared/domain/account-facts/break-glass-names.ts'
import type { TrailRecord } from '../../../shared/domain/account-facts/deployed-break-glass.ts'
import type { BreakGlass } from '../../../shared/domain/files/break-glass-file.ts'
import type { Finding } from '../../../shared/domain/guardrails/finding.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { isAlarmOf } from '../../../shared/modules/break-glass/rules/drill-record.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { wholeNumber } from '../arguments/options.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { renderJson } from '../terminal/render-json.ts'
import { checkBreakGlass } from './break-glass-check.ts'
import { readBreakGlass } from './read-break-glass.ts'
import { readDrills } from './read-drills.ts'

type Options = { readonly file: string; readonly months: number; readonly drills?: string; readonly to?: string }

const dayMs = 24 * 60 * 60_000
/** CloudTrail User Guide, "Working with CloudTrail event history". */
const trailDays = 90

export function addBreakGlassEvidence(group: Command): void {
  group
    .command('evidence')
    .summary('collect uses, drills, a check and changes of the last months for an auditor')
    .description(
      "Collects into one JSON file: actions of responders and changes of their users (CloudTrail's event history, 90 days), drills with whether CloudTrail knows their code, a check, and the commits of the file.",
    )
    .requiredOption('--file <file>', 'the definition, infra/break-glass/<name>.json')
    .option('--months <number>', 'how far back', wholeNumber(1, 36), 12)
    .option('--drills <folder|s3://bucket>', 'where drills/ is; default: the bucket')
    .option('--to <file>', 'where to write; default: standard output')
    .addHelpText(
      'after',
      '\nExample:\n  ssofile break-glass evidence --file infra/break-glass/example.json --months 12 --to evidence.json',
    )
    .action(async (options: Options) => {
      process.exitCode = await collect(options)
    })
}

async function collect({ file: path, months, drills: source, to: output }: Options): Promise<number> {
  const file = await readBreakGlass(path)
  const ports = openCliPorts(bucketOf(undefined))
  const now = ports.clock.now()
  const since = new Date(now.getTime() - months * 30.5 * dayMs)
  const gaps: string[] = []
  if (since.getTime() < now.getTime() - trailDays * dayMs)
    gaps.push(`uses before ${new Date(now.getTime() - trailDays * dayMs).toISOString()}: read them from your trail`)
  const attempt = async <T>(what: string, read: Promise<T>, nothing: T): Promise<T> =>
    read.catch((error: unknown) => {
      gaps.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
      return nothing
    })
  const reach = new Date(Math.max(since.getTime(), now.getTime() - trailDays * dayMs))
  const uses = await readUses(file, reach, ports, attempt)
  const drills = (await attempt('drills', readDrills(source, ports), [])).filter(
    ({ startedAt }) => startedAt >= since.toISOString(),
  )
  const check = await attempt<readonly Finding[]>('check', Array.fromAsync(checkBreakGlass(file, source)), [])
  const evidence = {
    definition: file.name,
    from: since.toISOString(),
    to: now.toISOString(),
    uses,
    drills: drills.map((one) => ({ ...one, isAlarmKnown: uses.some((use) => isAlarmOf(one, use)) })),
    check,
    changes: listChanges(path, since, gaps),
    gaps,
  }
  if (output === undefined) process.stdout.write(renderJson(evidence))
  else {
    await writeFile(output, renderJson(evidence))
    process.stdout.write(renderEvidence(output, evidence))
  }
  return gaps.length === 0 ? 0 : 1
}

export function renderEvidence(
  output: string,
  found: Readonly<Record<'uses' | 'drills' | 'changes' | 'gaps', readonly unknown[]>>,
): string {
  const { uses, drills, changes, gaps } = found
  const counts = [count(uses.length, 'use'), count(drills.length, 'drill'), count(changes.length, 'change')]
  return `${output}: ${counts.join(', ')} of the file, ${count(gaps.length, 'gap')}\n`
}

async function readUses(
  file: BreakGlass,
  since: Date,
  { clock }: Ports,
  attempt: <T>(what: string, read: Promise<T>, nothing: T) => Promise<T>,
): Promise<readonly TrailRecord[]> {
  const found: TrailRecord[] = []
  const security = openBreakGlassAuditor(undefined, clock).enter(
    accountId.parse(file.securityAccount),
    file.auditorRole,
  )
  for (const region of watchedRegions(file.signInRegions)) {
    const trail = security.then((account) => account.trail(region, since))
    found.push(...(await attempt(`uses in ${region}`, trail, [])))
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : 1))
}

/** The definition is in Git, which knows who changed it, when and why. */
function listChanges(path: string, since: Date, gaps: string[]): readonly object[] {
  const args = ['log', `--since=${since.toISOString()}`, '--format=%H%x09%aI%x09%an%x09%s', '--', path]
  const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8' })
  if (status !== 0) gaps.push(`changes of the file: ${stderr.trim() || 'there is no git here'}`)
  const lines = status === 0 ? stdout.split('\n').filter((line) => line !== '') : []
  return lines.map((line) => {
    const [commit, at, by, what] = line.split('\t')
    return { commit, at, by, what }
  })
}
