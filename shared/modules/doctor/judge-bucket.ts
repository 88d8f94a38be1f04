import * as z from 'zod'
import { type Finding, fail, ok, warn } from '../../domain/guardrails/finding.ts'
import { notifiedPlaces } from '../../domain/inputs/kinds.ts'
import type { BucketSettings } from '../../ports/installation.ts'
import { answerOf } from '../../ports/service-error.ts'
import { unasked } from './ask.ts'

type Setting<K extends keyof BucketSettings> = Awaited<ReturnType<BucketSettings[K]>>

function judgeVersioning(status: Setting<'versioning'>): Finding {
  if (status === 'Enabled') return ok('versioning', 'the bucket keeps every version, so you can undo a bad sync')
  return warn(
    'versioning',
    `${status ?? 'never enabled'}: overwritten and deleted objects are lost`,
    'aws s3api put-bucket-versioning --versioning-configuration Status=Enabled --bucket …, with the lifecycle of docs/deployment.md',
  )
}

/**
 * ssofile writes the lease alone a million times a year, and old versions slow S3 down. (S3 User Guide, "503 responses … versioning
 * enabled".)
 */
function judgeLifecycle(prefixes: Setting<'expiringPrefixes'>, status: Setting<'versioning'>): Finding {
  const missing = ['control/', 'state/', 'status/', 'attention/'].filter(
    (prefix) => !prefixes.some((one) => prefix.startsWith(one)),
  )
  if (missing.length === 0) return ok('lifecycle', 'old versions expire under the prefixes that ssofile writes often')
  if (status !== 'Enabled') return ok('lifecycle', 'there are no old versions')
  return warn(
    'lifecycle',
    `old versions never expire under ${missing.join(', ')}: millions of them slow S3 down`,
    'set up the lifecycle of the deployment (npm run synth -- --environment NAME writes lifecycle.json for a bucket of another owner)',
  )
}

function judgeEncryption(encryption: Setting<'encryption'>): Finding {
  if (encryption?.algorithm.startsWith('aws:kms')) return ok('encryption', encryption.keyId ?? encryption.algorithm)
  return warn(
    'encryption',
    `${encryption?.algorithm ?? 'none'}: not with a key of your own`,
    'set a KMS key that ssofile and its people may use as default encryption',
  )
}

function judgePublicAccess(isBlocked: Setting<'blocksPublicAccess'>): Finding {
  if (isBlocked) return ok('public access', 'blocked')
  return fail(
    'public access',
    'not blocked: everybody who can write links can give access',
    'block all four kinds of public access',
  )
}

const policySchema = z.object({ Statement: z.array(z.object({ Effect: z.string(), Action: z.unknown() })) })

/** Checks only whether the policy denies something. Other tests check a deployment's own policy. */
function judgePolicy(policy: Setting<'policy'>): Finding {
  const parsed = policySchema.safeParse(policy === undefined ? undefined : JSON.parse(policy)).data
  const denials = parsed?.Statement.filter(({ Effect, Action }) => Effect === 'Deny' && isAboutWrites(Action)) ?? []
  if (denials.length > 0) return ok('bucket policy', 'denies writes to everybody who is not named')
  return warn(
    'bucket policy',
    'lets everybody write ledger and history',
    'deploy it, or give policy.json of npm run synth -- --environment NAME to the owner of the bucket',
  )
}

function isAboutWrites(action: unknown): boolean {
  return [action].flat().some((one) => one === 's3:PutObject' || one === 's3:*')
}

/** Without notifications, the sweep finds uploads every five minutes. */
function judgeNotifications(rules: Setting<'notifications'>): Finding {
  const kinds = ['s3:ObjectCreated:', 's3:ObjectRemoved:']
  const missing = notifiedPlaces().filter(
    (prefix) =>
      !kinds.every((kind) =>
        rules.some((rule) => prefix.startsWith(rule.prefix) && rule.events.some((event) => event.startsWith(kind))),
      ),
  )
  if (missing.length === 0) return ok('notifications', 'S3 notifies ssofile of uploads and deletions')
  return warn(
    'notifications',
    `S3 does not notify ssofile of uploads and deletions under ${missing.join(', ')}: ssofile finds them within five minutes`,
    'deploy again, or apply notifications.json of npm run synth -- --environment NAME',
  )
}

/** All settings of the bucket, each read once. */
export async function examineBucket(settings: BucketSettings): Promise<readonly Finding[]> {
  const versioning = await answerOf(settings.versioning())
  const status = 'is' in versioning ? versioning.is : undefined
  const judged = async <T>(check: string, needs: string, call: Promise<T>, judge: (told: T) => Finding) => {
    const answer = await answerOf(call)
    return 'is' in answer ? judge(answer.is) : unasked(check, answer.error, { needs })
  }
  return [
    'is' in versioning
      ? judgeVersioning(status)
      : unasked('versioning', versioning.error, { needs: 's3:GetBucketVersioning' }),
    await judged('lifecycle', 's3:GetLifecycleConfiguration', settings.expiringPrefixes(), (told) =>
      judgeLifecycle(told, status),
    ),
    await judged('encryption', 's3:GetEncryptionConfiguration', settings.encryption(), judgeEncryption),
    await judged('public access', 's3:GetBucketPublicAccessBlock', settings.blocksPublicAccess(), judgePublicAccess),
    await judged('bucket policy', 's3:GetBucketPolicy', settings.policy(), judgePolicy),
    await judged('notifications', 's3:GetBucketNotification', settings.notifications(), judgeNotifications),
  ]
}
