import type { Command } from 'commander'
import { readCallerIdentity } from '../../shared/aws/caller-identity.ts'
import { describePause, type Pause, resumeChanges } from '../../shared/reconcile/dispatcher/pause.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { explainControlDenial } from './explain-control-denial.ts'
import { renderJson } from './render-json.ts'

/** `ssofile resume`: ends a pause. */
export function addResume(program: Command): void {
  program
    .command('resume')
    .summary('end a pause')
    .description(
      'Ends a pause. Within a minute everything is compared again, and what changed in the meantime is carried out.\nIt only needs to write control/.',
    )
    .option('--json', 'the pause that ended as JSON; null: there was none')
    .addHelpText('after', '\nExample:\n  ssofile resume')
    .action(async ({ json = false }: { json?: boolean }) => {
      const ports = openCliPorts(bucketOf(undefined))
      const ended = await resumeChanges(ports, await readCallerIdentity()).catch(explainControlDenial('resume'))
      process.stdout.write(json ? renderJson({ ended: ended ?? null }) : render(ended))
    })
}

function render(ended: Pause | undefined): string {
  return ended
    ? `resumed; it was ${describePause(ended)}\nwithin a minute everything is compared again, and what changed in the meantime is carried out\n`
    : 'there is no pause: nothing to do\n'
}
