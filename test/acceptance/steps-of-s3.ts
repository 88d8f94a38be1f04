import { HeadObjectCommand, PutObjectCommand, S3ServiceException } from '@aws-sdk/client-s3'
import type { Step } from './acceptance.ts'
import { type AcceptanceContext, refusalOf } from './acceptance-context.ts'
import { type Attempt, attempt, attemptsOf } from './denied-attempts.ts'

const conditional: Step<AcceptanceContext> = {
  name: 'S3: a write on a condition that does not hold is refused',
  async run(context, note) {
    const { bucket: Bucket } = context.options
    const Key = `links_data/${context.prefix}%is-no-link`
    await context.put(Key)
    const put = (condition: object) =>
      refusalOf(context.s3().send(new PutObjectCommand({ Bucket, Key, Body: new Uint8Array(), ...condition })))
    note({ ifNoneMatchOfExisting: (await put({ IfNoneMatch: '*' })).status })
    note({ ifMatchOfOther: (await put({ IfMatch: '"00000000000000000000000000000000"' })).status })
    await context.remove(Key)
    note({ ifMatchOfAbsent: (await put({ IfMatch: '"00000000000000000000000000000000"' })).status })
  },
}

/**
 * S3's words for a denial in the policy of the bucket. Without them the refusal may come from the caller's own policies, which proves nothing
 * about the bucket. (S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors".)
 */
const deniedByBucket = /explicit deny in a resource-based policy/

/** Somebody with all rights on S3 in ssofile's account tries what the bucket's policy denies, one denial after the other. */
function deniedTo(kind: 'bucketAdministrator' | 'bucketAdministratorSession', who: string): Step<AcceptanceContext> {
  return {
    name: `S3: the bucket's policy refuses ${who} with all rights on S3, denial by denial`,
    async run(context, note) {
      const isOfThis = ({ by }: Attempt) => by === kind || (by === 'uploader' && kind === 'bucketAdministrator')
      const { denials } = context.options
      const tried = attemptsOf(context.prefix).filter((one) => isOfThis(one) && denials.has(one.denial))
      const wrong: string[] = []
      for (const one of tried) {
        const said = await attempt(context, one).then(
          () => 'it was done',
          (error: unknown) =>
            error instanceof S3ServiceException ? `${error.name}: ${error.message}` : throwAgain(error),
        )
        if (!deniedByBucket.test(said)) wrong.push(`${one.denial}: ${one.by} calls ${one.action} ${one.key}: ${said}`)
      }
      note({ [`${kind}Tried`]: tried.length, [`${kind}Denied`]: tried.length - wrong.length })
      if (wrong.length > 0)
        throw new Error(`expected 'explicit deny in a resource-based policy' each: ${wrong.join('; ')}`)
    },
  }
}

function throwAgain(error: unknown): never {
  throw error
}

const absence: Step<AcceptanceContext> = {
  name: 'S3: an object that is not there is 404 to those who may list',
  async run(context, note) {
    const Key = `status/${context.prefix}`
    const { status } = await refusalOf(
      context.s3('auditor').send(new HeadObjectCommand({ Bucket: context.options.bucket, Key })),
    )
    note({ absentObjectStatus: status })
    if (status !== 404) throw new Error(`received ${status}, expected 404`)
  },
}

export const stepsOfS3: readonly Step<AcceptanceContext>[] = [
  conditional,
  deniedTo('bucketAdministrator', 'a role'),
  deniedTo('bucketAdministratorSession', 'a session of IAM Identity Center'),
  absence,
]
