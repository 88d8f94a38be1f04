import type { Command } from 'commander'
import { describePause, pauseChanges } from '../../shared/reconcile/pause.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { explainControlDenial } from './explain-control-denial.ts'
import { operator } from './operator.ts'
import { Refusal } from './refusal.ts'

/** `ssofile pause`: stops all changes until `ssofile resume`. */
export function addPause(program: Command): void {
  program
    .command('pause')
    .summary('stop all changes of access')
    .description(
      'Nothing is granted or revoked from now on: a dispatcher at work stops within seconds, once what it has sent is answered.\nNothing is lost: uploads and deletions are looked at, and carried out after resume. Needs to write control/ only.',
    )
    .requiredOption('--reason <text>', 'why, for everyone who asks')
    .addHelpText('after', "\nExample:\n  npx ssofile pause --reason 'directory migration, ticket 4711'")
    .action(async ({ reason }: { reason: string }) => {
      if (reason.trim() === '')
        throw new Refusal("received an empty reason, expected why all changes stop, as in --reason 'ticket 4711'")
      const ports = openCliPorts(bucketOf(undefined))
      const known = await pauseChanges(ports, { reason, by: operator() }).catch(explainControlDenial('pause'))
      if (known) throw new Refusal(`${describePause(known)}\nThat pause stays as it is; to end it: npx ssofile resume`)
      process.stdout.write(
        'paused: a dispatcher at work stops within seconds; uploads are looked at, but nothing is granted or revoked\nto go on: npx ssofile resume\n',
      )
    })
}
