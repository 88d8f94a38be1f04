import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { Step } from './acceptance.ts'
import { type AcceptanceContext, refusalOf } from './acceptance-context.ts'

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

/** What nobody but ssofile may write, and the kinds of people who try. */
const closed = [
  'access/x',
  'assignments/x',
  'foreign/x',
  'history/x',
  'changes/x',
  'status/x',
  'owned_permission_sets/x',
  'state/x',
] as const
const kinds = ['uploader', 'auditor', 'operator'] as const

const forbidden: Step<AcceptanceContext> = {
  name: 'S3: nobody but ssofile writes its records',
  async run(context, note) {
    const codes = new Set<number>()
    let tried = 0
    for (const kind of kinds)
      for (const name of closed) {
        const Key = `${name}${context.prefix}`
        const { status } = await refusalOf(context.put(Key, '', kind))
        codes.add(status)
        tried++
      }
    note({ forbiddenWrites: tried, forbiddenWriteStatus: [...codes].join(' ') })
    if ([...codes].some((code) => code !== 403))
      throw new Error(`refused by ${[...codes].join(', ')}, expected 403 each`)
  },
}

const absence: Step<AcceptanceContext> = {
  name: 'S3: an object that is not there is 404 to those who may list',
  async run(context, note) {
    const Key = `status/${context.prefix}`
    const { status } = await refusalOf(
      context.s3('auditor').send(new HeadObjectCommand({ Bucket: context.options.bucket, Key })),
    )
    note({ absentObjectStatus: status })
  },
}

export const stepsOfS3: readonly Step<AcceptanceContext>[] = [conditional, forbidden, absence]
