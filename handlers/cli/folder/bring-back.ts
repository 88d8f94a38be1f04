import { openAwsObjectVersions } from '../../../shared/aws/s3-object-versions.ts'
import { findInputsAt } from '../../../shared/reconcile/restore/inputs-at.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { type InvalidOptions, makePlan } from '../plan/make-plan.ts'
import { showPlan } from '../plan/plan.ts'
import { Progress } from '../terminal/progress.ts'
import { changesInScope } from './compare-inputs.ts'
import { refuseBadFiles } from './find-invalid.ts'
import { showAndPush } from './push.ts'

export type BringBackOptions = InvalidOptions & {
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly plan?: string
  readonly config?: string
  readonly json?: boolean
}

/** Makes the files in these places what they were at an instant, after a plan. `again`: the command. Answers the exit code. */
export async function bringBack(
  { places, at }: { readonly places: readonly string[]; readonly at: Date },
  { config, dryRun, invalid, ...options }: BringBackOptions,
  again: string,
): Promise<number> {
  const bucket = bucketOf(undefined)
  const progress = new Progress()
  try {
    const made = await makePlan(
      bucket,
      async ({ objects }) => {
        const found = await findInputsAt(objects, openAwsObjectVersions(bucket), { places, at })
        return { changes: changesInScope(found, { prefixes: places }), faults: [], warnings: [] }
      },
      { delete: true, onStep: progress.tell, config, invalid },
    )
    progress.end()
    if (dryRun) {
      if (options.json !== true) await showPlan(made)
      if (made.push) refuseBadFiles(made.push)
      return 0
    }
    return await showAndPush(made, options, again)
  } finally {
    progress.end()
  }
}
