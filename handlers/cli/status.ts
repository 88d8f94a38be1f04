import type { Command } from 'commander'
import { quote } from '../../shared/domain/complaint.ts'
import type { StatusState } from '../../shared/domain/status.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { describePause, readPause } from '../../shared/reconcile/dispatcher/pause.ts'
import { StatusStore } from '../../shared/reconcile/records/status-store.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { count } from './count.ts'
import { toInput } from './input-key.ts'
import { Progress } from './progress.ts'
import { readAllStatuses } from './read-all-statuses.ts'
import { renderJson } from './render-json.ts'
import { renderStatus, renderSummary } from './render-status.ts'
import { hasUntold, isCurrent } from './untold-inputs.ts'

const underWay = new Set(['applying', 'revoking'])
/** With one of these the exit code is 1. */
const wantsPerson = new Set<StatusState>(['rejected', 'failed', 'held', 'blocked'])
const lookEveryMs = 300

/** `ssofile status`: what became of the inputs. */
export function addStatus(program: Command): void {
  program
    .command('status [key]')
    .summary('inputs by state, or one in full')
    .description(
      'Without a key: how many files are in which state, and each file that needs attention.\nWith a key (links_data/ or permission_sets/ may be left out): what became of that file.',
    )
    .option('--wait', 'wait until everything is in force or needs attention')
    .option('--json', 'the status object(s) as JSON')
    .addHelpText(
      'after',
      "\nExample:\n  ssofile status 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile' --wait",
    )
    .action(async (key: string | undefined, options: { wait?: boolean; json?: boolean }) => {
      const bucket = bucketOf(undefined)
      const ports = openCliPorts(bucket)
      if (options.wait) await tellPause(ports, process.stderr)
      process.exitCode =
        key === undefined ? await tellAll(ports, options) : await tellOne(ports, toInput(key), { ...options, bucket })
    })
}

async function tellOne(
  ports: Ports,
  input: string,
  { wait = false, json = false, bucket }: { wait?: boolean; json?: boolean; bucket: string },
): Promise<number> {
  const statuses = new StatusStore(ports.objects, ports.clock)
  for (;;) {
    const [status, object] = [await statuses.read(input), await ports.objects.head(input)]
    // No status: it was removed with the input, or the input is too new to have one.
    const isOver =
      status === undefined ? object === undefined : !underWay.has(status.state) && isCurrent(status, object)
    if (wait && !isOver) {
      await ports.clock.sleep(lookEveryMs)
      continue
    }
    if (status) {
      process.stdout.write(json ? renderJson(status) : renderStatus(status))
      // With --wait the pause was told before.
      if (!json && !wait) await tellPause(ports, process.stdout)
      return wantsPerson.has(status.state) ? 1 : 0
    }
    if (object) {
      process.stdout.write(
        json
          ? 'null\n'
          : `${quote(input, 1024)}\n  is in the bucket, but has not been processed yet (--wait waits for that)\n`,
      )
      return 0
    }
    process.stdout.write(json ? 'null\n' : `${quote(input, 1024)}\n  is not in the bucket, and nothing of it is left\n`)
    if (wait) return 0
    if (!json)
      process.stdout.write(`  Keys are exact, capitals included; to list them: aws s3 ls --recursive s3://${bucket}/\n`)
    return 1
  }
}

async function tellPause({ objects }: Ports, stream: NodeJS.WritableStream): Promise<void> {
  const pause = await readPause(objects)
  if (pause)
    stream.write(`\nall changes are ${describePause(pause)}\n  nothing is granted or revoked until: ssofile resume\n`)
}

async function tellAll(
  ports: Ports,
  { wait = false, json = false }: { wait?: boolean; json?: boolean },
): Promise<number> {
  const progress = new Progress()
  for (;;) {
    const read = await readAllStatuses(ports)
    const { statuses: all, spoiled } = read
    const left = all.filter(({ state }) => underWay.has(state)).length
    if (wait && (left > 0 || (await hasUntold(ports, read)))) {
      progress.step(left > 0 ? `${count(left, 'input')} under way` : 'waiting until all files are processed')
      await ports.clock.sleep(4 * lookEveryMs)
      continue
    }
    progress.end()
    process.stdout.write(json ? renderJson(all) : renderSummary(all))
    for (const { message } of spoiled) process.stderr.write(`${quote(message, 2000)}\n`)
    if (!json) await tellPause(ports, process.stdout)
    return spoiled.length > 0 || all.some(({ state }) => wantsPerson.has(state)) ? 1 : 0
  }
}
