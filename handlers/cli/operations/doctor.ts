import type { Command } from 'commander'
import { openAwsInstallation } from '../../../shared/aws/aws-installation.ts'
import type { Finding } from '../../../shared/domain/guardrails/finding.ts'
import { examine } from '../../../shared/modules/doctor/examine.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { readOwner } from '../../../shared/reconcile/records/owner.ts'
import { Refusal } from '../arguments/refusal.ts'
import { remedyFor } from '../arguments/remedy-for.ts'
import { checkBreakGlass, groupUnchecked } from '../break-glass/break-glass-check.ts'
import { readBreakGlass } from '../break-glass/read-break-glass.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { chooseConfiguration } from '../bucket/deployment.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderFinding } from './render-finding.ts'

type Options = { readonly config?: string; readonly breakGlass?: string; readonly json?: boolean }

/** The function of events may be busy with many accounts; most messages take seconds. */
const roundTripMs = 60_000

/** `ssofile doctor`: checks the installation, and prints remedies. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'Checks credentials, Region, instance, delegated administration, permissions, accounts, quotas, bucket, queues and events, in about 20 seconds. It changes nothing. More: docs/operations.md#doctor.',
    )
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--break-glass <file>', 'also run ssofile break-glass check with this definition')
    .option('--json', 'the findings as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile doctor\n  AWS_ACCESS_KEY_ID=ssofile ssofile doctor      on the local system',
    )
    .action(async (options: Options) => {
      process.exitCode = await doctor(options)
    })
}

async function doctor({ config, breakGlass, json = false }: Options): Promise<number> {
  const bucket = bucketOf(undefined)
  const definition = breakGlass === undefined ? undefined : await readBreakGlass(breakGlass)
  const ports = openCliPorts(bucket)
  // An unreadable owner is a finding.
  const owner = await readOwner(ports.objects).catch(() => undefined)
  const urls = new Map<string, string>(Object.entries(owner?.deployment?.queueUrls ?? {}))
  const configuration = await chooseConfiguration(ports.objects, owner?.deployment, config)
  const examination = {
    ports: openCliPorts(bucket, (queue) => urls.get(queue) ?? ''),
    installation: openAwsInstallation(bucket),
    configuration,
    roundTripMs,
  }
  const findings: Finding[] = []
  try {
    const tell = (finding: Finding) => {
      findings.push(finding)
      if (!json) process.stdout.write(renderFinding(finding))
    }
    for await (const finding of examine(examination)) tell(finding)
    if (definition !== undefined) {
      const found = checkBreakGlass(definition, undefined)
      for await (const finding of json ? found : groupUnchecked(found)) tell(finding)
    }
  } catch (error) {
    const isUnset = error instanceof Error && /region is missing/i.test(error.message)
    if (findings.length > 0 || !(isServiceError(error) || isUnset)) throw error
    const remedy = isUnset
      ? 'set AWS_REGION to the primary Region of IAM Identity Center'
      : remedyFor(error, process.env, [])
    throw new Refusal(`no check was possible: ${error.message}${remedy === undefined ? '' : `\n  do: ${remedy}`}`)
  }
  if (json) process.stdout.write(renderJson(findings))
  return findings.some(({ level }) => level === 'fail') ? 1 : 0
}
