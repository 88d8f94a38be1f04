import { openAwsObjectVersions } from '../../../shared/aws/s3-object-versions.ts'
import { kindAt, kinds } from '../../../shared/domain/inputs/kinds.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import { findInputsAt } from '../../../shared/modules/restore/inputs-at.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { ObjectVersions } from '../../../shared/ports/object-versions.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { type InvalidOptions, makePlan } from '../plan/make-plan.ts'
import { showPlan } from '../plan/plan.ts'
import { Progress } from '../terminal/progress.ts'
import { changesInScope } from './compare-inputs.ts'
import { refuseBadFiles } from './find-invalid.ts'
import type { InputPart } from './input-parts.ts'
import { showAndPush } from './push.ts'

export type BringBackOptions = InvalidOptions & {
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly plan?: string
  readonly config?: string
  readonly json?: boolean
  readonly only?: InputPart
}

type Earlier = {
  readonly places: readonly string[]
  readonly at: Date
  /** Only these files; absent: all of them. */
  readonly keys?: ReadonlySet<string>
  /** Whose files these are, for the question. */
  readonly whose?: string
  readonly warnings?: readonly string[]
}

/** The writes and deletions that bring the files in these places back to their state at `at`. It only reads. */
export async function findChangesBack(objects: ObjectStore, versions: ObjectVersions, { places, at, keys }: Earlier) {
  const { unversioned, returns, ofReviews, ...changes } = await findInputsAt(objects, versions, { places, at })
  const isMeant = ({ key }: { readonly key: string }) => keys?.has(key) ?? true
  const { uploads, deletions, same } = changes
  const meant = { uploads: uploads.filter(isMeant), deletions: deletions.filter(isMeant), same }
  return {
    unversioned: unversioned.filter(isMeant),
    returns: returns.filter(isMeant),
    ofReviews,
    changes: changesInScope(meant, { prefixes: places }),
  }
}

/** Shows a plan, then brings the files in these places back to their state at an instant. Returns the exit code. */
export async function bringBack(
  earlier: Earlier,
  { config, dryRun, invalid, only, ...options }: BringBackOptions,
): Promise<number> {
  const { bucket } = (await openBucket()).objects
  using progress = new Progress()
  const made = await makePlan(
    bucket,
    async ({ objects }) => {
      const versions = openAwsObjectVersions(bucket)
      const { unversioned, returns, ofReviews, changes } = await findChangesBack(objects, versions, earlier)
      const [lost] = unversioned
      if (lost !== undefined)
        throw new Refusal(
          `${quote(lost.key, 1100)} was written at ${renderInstant(lost.lastModified)} while the bucket kept no versions, so the content that it had before is lost: push an earlier folder`,
        )
      return {
        changes,
        faults: [],
        warnings: [...(earlier.warnings ?? []), ...returns.map(describeReturn), ...ofReviews.map(describeOfReview)],
      }
    },
    { delete: true, onStep: progress.tell, config, invalid },
  )
  progress.end()
  if (dryRun) {
    await showPlan(made, { isJson: options.json === true })
    if (made.push) refuseBadFiles(made.push)
    return 0
  }
  // The command to continue is not undo, since the files written so far are the last push for undo.
  const part = only === undefined ? '' : ` --only ${only}`
  const asked = { ...options, whose: earlier.whose }
  return await showAndPush(made, asked, `ssofile restore --inputs --at ${renderInstant(earlier.at)}${part}`)
}

function describeOfReview({ key, review }: { readonly key: string; readonly review: string }): string {
  return kindAt(key) === kinds.review
    ? `${quote(key, 1100)} stays: its review runs; to end it: ssofile review close ${review}`
    : `${quote(key, 1100)} stays deleted: the review '${review}' revoked it; if the access is needed again, upload the file`
}

function describeReturn({ key }: { readonly key: string }): string {
  return `${quote(key, 1100)} stays as it is: its earlier content would end a suspension or move the person's end; if HR wants that, upload the file`
}
