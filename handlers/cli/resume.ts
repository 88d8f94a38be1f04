import type { Command } from 'commander'
import { describePause, resumeChanges } from '../../shared/reconcile/pause.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { explainControlDenial } from './explain-control-denial.ts'

/** `ssofile resume`: ends a pause. */
export function addResume(program: Command): void {
  program
    .command('resume')
    .summary('go on after a pause')
    .description(
      'Ends a pause. Within a minute everything is compared anew and what changed meanwhile is carried out. Needs to write control/ only.',
    )
    .addHelpText('after', '\nExample:\n  npx ssofile resume')
    .action(async () => {
      const ports = openCliPorts(bucketOf(undefined))
      const ended = await resumeChanges(ports.objects).catch(explainControlDenial('resume'))
      process.stdout.write(
        ended
          ? `resumed; it was ${describePause(ended)}\nwithin a minute everything is compared anew, and what changed meanwhile is carried out\n`
          : 'there is no pause: nothing to do\n',
      )
    })
}
