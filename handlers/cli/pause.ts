import type { Command } from 'commander'
import { describePause, pauseChanges } from '../../shared/reconcile/pause.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { explainControlDenial } from './explain-control-denial.ts'
import { operator } from './operator.ts'
import { Refusal } from './refusal.ts'
import { renderJson } from './render-json.ts'

/** `ssofile pause`: stops all changes until `ssofile resume`. */
export function addPause(program: Command): void {
  program
    .command('pause')
    .summary('stop all changes of access')
    .description(
      'Nothing is granted or revoked from now on: a dispatcher at work stops within seconds, once what it has sent is answered.\nNothing is lost: uploads and deletions are looked at, and carried out after resume. Needs to write control/ only.',
    )
    .requiredOption('--reason <text>', 'why, for everyone who asks')
    .option('--json', 'the pause as JSON')
    .addHelpText('after', "\nExample:\n  npx ssofile pause --reason 'directory migration, ticket 4711'")
    .action(async ({ reason, json = false }: { reason: string; json?: boolean }) => {
      if (reason.trim() === '')
        throw new Refusal("received an empty reason, expected why all changes stop, as in --reason 'ticket 4711'")
      const ports = openCliPorts(bucketOf(undefined))
      const { isNew, pause } = await pauseChanges(ports, { reason, by: operator() }).catch(
        explainControlDenial('pause'),
      )
      if (!isNew) throw new Refusal(`${describePause(pause)}\nThat pause stays as it is; to end it: npx ssofile resume`)
      process.stdout.write(
        json
          ? renderJson({ pause })
          : 'paused: a dispatcher at work stops within seconds; uploads are looked at, but nothing is granted or revoked\nto go on: npx ssofile resume\n',
      )
    })
}
