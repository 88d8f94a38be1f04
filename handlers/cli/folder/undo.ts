import type { Command } from 'commander'
import { readCaller } from '../../../shared/aws/caller-identity.ts'
import { openAwsObjectVersions } from '../../../shared/aws/s3-object-versions.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import { findLastPush } from '../../../shared/modules/restore/last-push.ts'
import { findPushAuthors } from '../../../shared/modules/restore/push-authors.ts'
import { authorUnknown, type Chosen, choosePushed } from '../../../shared/modules/restore/rules/choose-pushed.ts'
import { dryRunOption, yesOption } from '../arguments/change-options.ts'
import { invalidOption } from '../arguments/invalid-option.ts'
import { onlyOption } from '../arguments/only-option.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { parseSince } from '../who/who-changes.ts'
import { type BringBackOptions, bringBack } from './bring-back.ts'
import { isInScope } from './compare-inputs.ts'
import { pushedPlaces } from './input-parts.ts'

/** `ssofile undo`: takes the last push back. */
export function addUndo(program: Command): void {
  program
    .command('undo')
    .description(
      'Restores the files of the bucket (SSOFILE_BUCKET) from before the last push: every upload and deletion, back to 20 seconds without any. It undoes your own files, and says whose the others are. Shows the plan, and asks. A later undo takes the first one back.\nRequests, approvals, suspensions, temporary access and what a review revoked stay; revocations go through the brake.',
    )
    .option('--of <name>', "this person's files instead of yours, by the name that undo shows")
    .option('--everybody', "everybody's files, also those whose uploader is not known")
    .option('--within <time>', 'only a push that began within this time, such as 3h or 7d', '24h')
    .addOption(onlyOption())
    .addOption(invalidOption())
    .addOption(dryRunOption())
    .addOption(yesOption())
    .option(
      '--plan <digest>',
      'do not ask, and refuse unless the plan is the one shown with this digest (its first 8 letters are enough)',
    )
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the plan and the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile undo --dry-run\n  ssofile undo --only access\nTo go further back: ssofile restore --inputs --at INSTANT',
    )
    .action(async (options: UndoOptions) => {
      process.exitCode = await undo(options)
    })
}

type UndoOptions = BringBackOptions & {
  readonly of?: string
  readonly everybody?: boolean
  readonly within: string
}

async function undo({ of, everybody, within, ...options }: UndoOptions): Promise<number> {
  if (of !== undefined && everybody) throw new Refusal('received --of with --everybody, expected one of them')
  const { only } = options
  const places = pushedPlaces(only)
  const isMeant = (key: string) => isInScope(key, { prefixes: places })
  const ports = await openBucket()
  const { bucket } = ports.objects
  const last = await findLastPush(ports.objects, openAwsObjectVersions(bucket), { places, isMeant })
  if (last === undefined) throw new Refusal(`nobody has pushed to the bucket ${bucket}, so there is nothing to undo`)
  const when = `${renderInstant(last.from)} to ${renderInstant(last.to)}`
  const since = parseSince(within, ports.clock.now())
  if (last.from < since)
    throw new Refusal(
      `the last push (${count(last.keys.length, 'file')}, ${when}) began before ${renderInstant(since)}; nothing was changed. If you mean it, add --within with a longer time, such as --within 7d`,
    )
  const chosen = choosePushed(await findPushAuthors(ports, last), await readCaller(), { of, everybody })
  const { keys, undone, left } = chosen
  if (keys.size === 0)
    throw new Refusal(
      `none of the last push (${when}) is ${of === undefined ? 'yours' : `of ${quote(of)}`}: ${renderTally(left)}; nothing was changed. Add --of NAME or --everybody`,
    )
  if (options.json !== true)
    process.stdout.write(`the last push: ${count(last.keys.length, 'file')}, ${when}; undone: ${renderTally(undone)}\n`)
  const warnings =
    left.length === 0 ? [] : [`left as they are: ${renderTally(left)}; --of NAME or --everybody undoes them too`]
  const at = new Date(last.from.getTime() - 1)
  return bringBack({ places, at, keys, whose: renderTally(undone), warnings }, options)
}

/** Such as `2 files of maria, 1 file of kenji, 3 files whose uploader is not known`. */
function renderTally(tally: Chosen['left']): string {
  return tally
    .map(([name, files]) =>
      name === authorUnknown
        ? `${count(files, 'file')} whose uploader is not known`
        : `${count(files, 'file')} of ${quote(name)}`,
    )
    .join(', ')
}
