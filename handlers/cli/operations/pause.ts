import type { Command } from 'commander'
import { readCallerIdentity } from '../../../shared/aws/caller-identity.ts'
import { saysSomething } from '../../../shared/domain/text/says-something.ts'
import { describePause, pauseChanges, remedyOf } from '../../../shared/reconcile/records/pause.ts'
import { reasonOption } from '../arguments/change-options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { renderJson } from '../terminal/render-json.ts'
import { explainDenial } from './explain-denial.ts'

/** `ssofile pause`: stops all changes until `ssofile resume`. */
export function addPause(program: Command): void {
  program
    .command('pause')
    .description(
      'Stops all grants and revocations; a running dispatcher stops within seconds. ssofile carries out uploads and deletions after resume. It only needs to write control/.',
    )
    .addOption(reasonOption().makeOptionMandatory())
    .option('--json', 'the pause as JSON')
    .addHelpText('after', "\nExample:\n  ssofile pause --reason 'directory migration, ticket 4711'")
    .action(async ({ reason, json = false }: { reason: string; json?: boolean }) => {
      if (!saysSomething(reason))
        throw new Refusal("received a reason without letters or digits, expected one such as --reason 'ticket 4711'")
      const ports = await openBucket()
      const { isNew, pause } = await pauseChanges(ports, { reason, by: await readCallerIdentity() }).catch(
        explainDenial('control', 'pause', 'pause …'),
      )
      if (!isNew)
        throw new Refusal(`${describePause(pause)}\nThat pause stays unchanged. To end it: ${remedyOf(pause)}`)
      process.stdout.write(
        json
          ? renderJson({ pause })
          : `paused in bucket ${ports.objects.bucket}: a running dispatcher stops within seconds; ssofile still reads uploads, but grants and revokes nothing\nto end the pause, run ssofile resume\n`,
      )
    })
}
