import { Refusal } from '../arguments/refusal.ts'

/** The bucket of `s3://bucket`, or of the environment if there is no argument. Throws Refusal. */
export function bucketOf(argument: string | undefined): string {
  if (argument === undefined) return process.env.SSOFILE_BUCKET ?? 'ssofile'
  const bucket = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/?$/.exec(argument)?.[1]
  if (bucket === undefined) throw new Refusal(`received '${argument}', expected a bucket: s3://bucket, without a key`)
  return bucket
}
