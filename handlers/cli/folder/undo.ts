import type { Command } from 'commander'
import { openAwsObjectVersions } from '../../../shared/aws/s3-object-versions.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import { findLastPush } from '../../../shared/modules/restore/last-push.ts'
import { dryRunOption, yesOption } from '../arguments/change-options.ts'
import { invalidOption } from '../arguments/invalid-option.ts'
import { onlyOption } from '../arguments/only-option.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { type BringBackOptions, bringBack } from './bring-back.ts'
import { isInScope } from './compare-inputs.ts'
import { pushedPlaces } from './input-parts.ts'

/** `ssofile undo`: takes the last push back. */
export function addUndo(program: Command): void {
  program
    .command('undo')
    .description(
      'Restores the files of the bucket (SSOFILE_BUCKET) from before the last push: every upload and deletion, by anybody, back to 20 seconds without any. Shows when that was and the plan, and asks. A later undo takes the first one back.\nRequests, approvals, suspensions, temporary access and what a review revoked stay; revocations go through the brake.',
    )
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
    .action(async (options: BringBackOptions) => {
      process.exitCode = await undo(options)
    })
}

async function undo(options: BringBackOptions): Promise<number> {
  const { only } = options
  const places = pushedPlaces(only)
  const isMeant = (key: string) => isInScope(key, { prefixes: places })
  const { objects } = await openBucket()
  const { bucket } = objects
  const last = await findLastPush(objects, openAwsObjectVersions(bucket), { places, isMeant })
  if (last === undefined) throw new Refusal(`nobody has pushed to the bucket ${bucket}, so there is nothing to undo`)
  if (options.json !== true)
    process.stdout.write(
      `the last push: ${count(last.keys.length, 'file')}, ${renderInstant(last.from)} to ${renderInstant(last.to)}\n`,
    )
  return bringBack({ places, at: new Date(last.from.getTime() - 1) }, options)
}
