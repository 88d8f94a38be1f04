import { type Access, mayChange } from '../../shared/domain/deployment/api-access.ts'
import { type ApiCaller, renderCaller } from '../../shared/domain/deployment/api-caller.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { judgeInput, type Rules } from '../../shared/domain/links/judge-input.ts'
import { partitionOfArn } from '../../shared/domain/permission-sets/other-partition.ts'
import type { ObjectHead } from '../../shared/ports/object-store.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { noteDeletion } from '../../shared/reconcile/records/deletion-notes.ts'
import type { Policies } from '../../shared/reconcile/records/policies.ts'
import { StatusStore, statusKey } from '../../shared/reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../shared/reconcile/records/stored-json.ts'
import { type Answer, answer, errorsOf, refusal } from './answer.ts'

/** A change of one input: its caller, and the path of its status for the answer. */
export type Change = {
  readonly action:
    | 'create'
    | 'update'
    | 'delete'
    | 'ask'
    | 'extend'
    | 'withdraw'
    | 'finish'
    | 'approve'
    | 'deny'
    | 'keep'
    | 'revoke'
  readonly key: string
  readonly caller: ApiCaller
  readonly statusPath: string
}

export type ChangeSources = {
  readonly ports: Ports
  readonly configuration: Configuration
  readonly policies: Policies
  /** Absent: every caller may do everything, as on a local system. */
  readonly access?: Access | undefined
}

/** How many times somebody else may write first. */
const attemptsMost = 40
const pauseMostMs = 100

/** The action of one attempt on the present object. If it is an answer, write nothing. */
export type Reading = Write | Answer
type Write =
  | { readonly there: ObjectHead | undefined; readonly body: Uint8Array }
  | { readonly there: ObjectHead; readonly body: 'deleted' }

/** Changes an input as an uploader could, if the input is valid. */
export async function change(
  about: Change,
  { ports, configuration, policies, access }: ChangeSources,
  read: () => Promise<Reading>,
): Promise<Answer> {
  const { key, caller } = about
  const { folders } = configuration
  if (access !== undefined && !mayChange(access, { caller, key, folders })) return refuseCaller(caller, key)
  return writeOnCondition(about, ports, async () => {
    const reading = await read()
    if ('statusCode' in reading || reading.body === 'deleted') return reading
    const uploadedAt = ports.clock.now()
    const rules = {
      guardrails: await policies.read(),
      uploader: { name: caller.arn },
      uploadedAt,
      // API Gateway knows only callers of its own partition.
      partition: partitionOfArn(caller.arn),
    }
    const faults = judge(key, reading.body, configuration, rules)
    return faults.length === 0 ? reading : refusal(400, errorsOf(key, faults))
  })
}

/**
 * Writes or deletes the object only if it did not change since `read`. If somebody else was faster, it reads again. So two
 * simultaneous changes both take effect. (S3 User Guide, "Conditional requests": 412, and 409 where another write is under way.)
 */
export async function writeOnCondition(
  { action, key, caller, statusPath }: Change,
  { objects, clock, randomness, log }: Ports,
  read: () => Promise<Reading>,
): Promise<Answer> {
  for (let attempt = 1; attempt <= attemptsMost; attempt++) {
    const reading = await read()
    if ('statusCode' in reading) return reading
    if (await write(objects, key, reading, caller)) {
      log.info('an input was changed through the API', { input: key, action, caller })
      return answer(202, { action, key, status: { key: statusKey(key), path: statusPath } }, { location: statusPath })
    }
    await clock.sleep(pauseMostMs * randomness.fraction())
  }
  return refuseForNow(key)
}

function judge(key: string, body: Uint8Array, { folders }: Configuration, rules: Rules) {
  return judgeInput({ key, body, sizeBytes: body.byteLength }, folders, rules.uploadedAt, rules).faults
}

async function write(
  objects: Ports['objects'],
  key: string,
  { there, body }: Write,
  caller: ApiCaller,
): Promise<boolean> {
  if (body === 'deleted') {
    await noteDeletion(objects, there, caller)
    return (await objects.delete(key, { ifMatch: there.etag })) === 'deleted'
  }
  const condition = there === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: there.etag }
  return (await objects.put(key, body, condition, renderCaller(caller))).outcome === 'written'
}

export function refuseCaller({ arn }: ApiCaller, key: string): Answer {
  return refusal(403, [
    {
      key,
      received: `a request of ${arn}`,
      expected: 'somebody who may upload there according to the environment',
      remedy: 'ask the platform team to add your role to the uploaders of this folder, under "access"',
    },
  ])
}

export function refuseMissing(key: string): Answer {
  return refusal(404, [
    {
      key,
      received: 'a name that does not exist',
      expected: 'an existing name',
      remedy: 'list the names that exist, and compare each character',
    },
  ])
}

/**
 * The answer to a change of a file that is not there. A deleted file has a status while something of it is left, such as a permission set
 * that links still use. An update then has a conflict; a second deletion has nothing to delete.
 */
export async function refuseAbsent(
  key: string,
  change: 'update' | 'deletion',
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<Answer> {
  const status = await spoiledAsAbsent(new StatusStore(objects, clock).read(key))
  if (status === undefined) return refuseMissing(key)
  const { state, reason } = status
  const error = {
    key,
    received: `${change === 'update' ? 'an update' : 'the deletion'} of a file that is already deleted, while its status is '${state}'${reason === undefined ? '' : `: ${reason}`}`,
  }
  if (change === 'deletion')
    return refusal(404, [
      { ...error, expected: 'a file', remedy: 'wait until it has no status any more: GET tells it' },
    ])
  return refusal(409, [
    { ...error, expected: 'a file to update', remedy: 'to keep it, create it again with all its fields' },
  ])
}

export function refuseExisting(key: string, remedy: string): Answer {
  return refusal(409, [{ key, received: 'a name that already exists', expected: 'a new name', remedy }])
}

function refuseForNow(key: string): Answer {
  const error = {
    key,
    received: 'a change of an input that keeps changing',
    expected: 'an input that nobody changes at the same time',
  }
  return refusal(503, [{ ...error, remedy: 'send the request again' }], { 'retry-after': '1' })
}
