import type { Command } from 'commander'
import { Refusal } from '../arguments/refusal.ts'

/** `--bucket` of every command: it overrides the environment variable. */
export function addBucketOption(program: Command): void {
  program.option('--bucket <name>', 'the bucket; default: SSOFILE_BUCKET, or else ssofile')
  program.hook('preAction', () => {
    const { bucket } = program.opts<{ readonly bucket?: string }>()
    if (bucket !== undefined) process.env.SSOFILE_BUCKET = bucket
  })
}

/** Whether `--bucket` or the environment names the bucket. */
export function isBucketNamed(): boolean {
  return (process.env.SSOFILE_BUCKET ?? '') !== ''
}

/**
 * The bucket in the argument `s3://bucket`. Without an argument: the bucket of `--bucket` or the environment, with or without `s3://`.
 * Throws Refusal.
 */
export function bucketOf(argument: string | undefined): string {
  const text = argument ?? `s3://${(process.env.SSOFILE_BUCKET ?? 'ssofile').replace(/^s3:\/\//, '')}`
  const bucket = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/?$/.exec(text)?.[1]
  if (bucket === undefined) throw new Refusal(`received '${text}', expected a bucket: s3://bucket, without a key`)
  return bucket
}
