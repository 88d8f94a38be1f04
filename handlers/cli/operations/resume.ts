import type { Command } from 'commander'
import { readCallerIdentity } from '../../../shared/aws/caller-identity.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { forgetLedgerCount } from '../../../shared/reconcile/records/ledger-count.ts'
import { claimBucket } from '../../../shared/reconcile/records/owner.ts'
import { describePause, type Pause, remedyOf, resumeChanges } from '../../../shared/reconcile/records/pause.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { renderJson } from '../terminal/render-json.ts'
import { explainDenial } from './explain-denial.ts'

type Options = { readonly acceptLoss?: boolean; readonly json?: boolean }

/** `ssofile resume`: ends a pause. */
export function addResume(program: Command): void {
  program
    .command('resume')
    .description(
      'Ends a pause; within a minute, ssofile compares everything again. It only needs to write control/. After a loss of the ledger, ssofile restore ends the pause.',
    )
    .option(
      '--accept-loss',
      'continue without the lost records: ssofile never revokes that access again (to take it over: import)',
    )
    .option('--json', 'the pause that ended as JSON; null: there was none')
    .addHelpText('after', '\nExample:\n  ssofile resume')
    .action(async ({ acceptLoss = false, json = false }: Options) => {
      const ports = await openBucket()
      if (acceptLoss) {
        await claimBucket(ports, undefined, { acceptsLoss: true }).catch(explainDenial('control', 'resume', 'resume'))
        await forgetLedgerCount(ports.objects, ports.clock.now()).catch(explainDenial('control', 'resume', 'resume'))
      }
      const resumed = await resumeChanges(ports, await readCallerIdentity(), { acceptsLoss: acceptLoss }).catch(
        explainDenial('control', 'resume', 'resume'),
      )
      if (resumed.is === 'lost') throw refusalOf(resumed.pause)
      const ended = resumed.is === 'ended' ? resumed.pause : undefined
      const inForce = resumed.is === 'paused' ? resumed.pause : undefined
      if (json) return void process.stdout.write(renderJson({ ended: ended ?? null, ...(inForce && { inForce }) }))
      process.stdout.write(inForce ? renderPaused(inForce, ports.objects) : render(ended, ports.objects))
    })
}

function refusalOf(pause: Pause): Refusal {
  return new Refusal(
    `all changes are ${describePause(pause)}\nTo restore it, run ssofile restore; to continue without it, ssofile resume --accept-loss`,
  )
}

/** The loss is accepted. The pause of a person ends only by a resume of its own. */
function renderPaused(pause: Pause, { bucket }: ObjectStore): string {
  return `no loss stops bucket ${bucket} any more, but all changes are still ${describePause(pause)}\nTo end the pause, run ${remedyOf(pause)}\n`
}

function render(ended: Pause | undefined, { bucket }: ObjectStore): string {
  return ended
    ? `resumed in bucket ${bucket}; it was ${describePause(ended)}\nwithin a minute, ssofile compares everything again and carries out all changes since then\n`
    : `there is no pause in bucket ${bucket}: nothing to do\n`
}
