import type { Command } from 'commander'
import { describePause, type Pause, resumeChanges } from '../../shared/reconcile/pause.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { explainControlDenial } from './explain-control-denial.ts'
import { renderJson } from './render-json.ts'

/** `ssofile resume`: ends a pause. */
export function addResume(program: Command): void {
  program
    .command('resume')
    .summary('go on after a pause')
    .description(
      'Ends a pause. Within a minute everything is compared anew and what changed meanwhile is carried out. Needs to write control/ only.',
    )
    .option('--json', 'the pause that is over as JSON; null: there was none')
    .addHelpText('after', '\nExample:\n  npx ssofile resume')
    .action(async ({ json = false }: { json?: boolean }) => {
      const ports = openCliPorts(bucketOf(undefined))
      const ended = await resumeChanges(ports.objects).catch(explainControlDenial('resume'))
      process.stdout.write(json ? renderJson({ ended: ended ?? null }) : render(ended))
    })
}

function render(ended: Pause | undefined): string {
  return ended
    ? `resumed; it was ${describePause(ended)}\nwithin a minute everything is compared anew, and what changed meanwhile is carried out\n`
    : 'there is no pause: nothing to do\n'
}
