import { type Access, mayRead } from '../../shared/domain/deployment/api-access.ts'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { isFolderMarker, linkPrefix } from '../../shared/domain/links/link.ts'
import { permissionSetPrefix } from '../../shared/domain/permission-sets/permission-set-file.ts'
import type { Status } from '../../shared/domain/statuses/status.ts'
import type { ObjectHead } from '../../shared/ports/object-store.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { forEachAtOnce } from '../../shared/reconcile/records/list-heads.ts'
import { StatusStore } from '../../shared/reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../shared/reconcile/records/stored-json.ts'
import { type Answer, answer, refusal } from './answer.ts'
import { refuseCaller, refuseMissing } from './change-input.ts'
import type { ApiKind } from './routes.ts'

export type ReadSources = {
  readonly ports: Pick<Ports, 'objects' | 'clock'>
  readonly configuration: Configuration
  readonly access?: Access | undefined
  readonly caller: ApiCaller
}

export const limitDefault = 100
export const limitMost = 1000
/** For one page, skip at most this many keys that the caller may not read. The page may then be empty. */
const passedMost = 10_000

/** One input with its whole status. It takes the first of these keys that has an input or a status. */
export async function readInputWithStatus(keys: readonly string[], context: ReadSources): Promise<Answer> {
  const { objects, clock } = context.ports
  const [first = ''] = keys
  const readable = keys.filter((key) => isReadable(key, context))
  if (readable.length === 0) return refuseCaller(context.caller, first)
  for (const key of readable.filter((one) => Buffer.byteLength(one) <= 1024 && one.isWellFormed())) {
    const [head, status] = await Promise.all([
      objects.head(key),
      spoiledAsAbsent(new StatusStore(objects, clock).read(key)),
    ])
    if (head !== undefined || status !== undefined)
      return answer(200, { ...nameOf(key), file: head === undefined ? null : fileOf(head), status: status ?? null })
  }
  return refuseMissing(first)
}

/** One page of the inputs of a kind, ascending by key; each with the state of its status. */
export async function listInputs(kind: ApiKind, parameters: Parameters, context: ReadSources): Promise<Answer> {
  const asked = parsePage(parameters, prefixes[kind])
  if ('statusCode' in asked) return asked
  const { heads, nextToken } = await readPage(context.ports.objects, asked, (key) => isReadable(key, context))
  const states = await readStates(heads, context)
  return answer(200, {
    [kind === 'links' ? 'links' : 'permissionSets']: heads.map((head) => ({
      ...nameOf(head.key),
      file: fileOf(head),
      status: states.get(head.key) ?? null,
    })),
    nextToken,
  })
}

export type Parameters = Readonly<Partial<Record<string, string>>>
type AskedPage = { readonly prefix: string; readonly most: number; readonly after: string | undefined }

/** The requested page of this prefix, or the faults in the parameters. */
export function parsePage({ limit = String(limitDefault), nextToken }: Parameters, prefix: string): AskedPage | Answer {
  const most = /^\d{1,4}$/.test(limit) ? Number(limit) : 0
  if (most < 1 || most > limitMost)
    return refuseParameter('limit', limit, `a number from 1 to ${limitMost}`, 'write such a number, or leave it out')
  const after = nextToken === undefined ? undefined : Buffer.from(nextToken, 'base64url').toString()
  if (nextToken !== undefined && !after?.startsWith(prefix))
    return refuseParameter('nextToken', nextToken, 'the nextToken of the previous page', 'start again without it')
  return { prefix, most, after }
}

const prefixes: Readonly<Record<ApiKind, string>> = { links: linkPrefix, 'permission-sets': permissionSetPrefix }

/** `nextToken`: there may be more keys. */
export async function readPage(
  objects: Ports['objects'],
  { prefix, after, most }: AskedPage,
  isWanted: (key: string) => boolean = () => true,
): Promise<{ readonly heads: readonly ObjectHead[]; readonly nextToken?: string }> {
  const heads: ObjectHead[] = []
  let passed = 0
  for await (const head of objects.list(prefix, after === undefined ? {} : { startAfter: after })) {
    if (!isFolderMarker(head.key) && isWanted(head.key)) heads.push(head)
    else passed++
    if (heads.length >= most || passed >= passedMost)
      return { heads, nextToken: Buffer.from(head.key).toString('base64url') }
  }
  return { heads }
}

async function readStates(heads: readonly ObjectHead[], { ports: { objects, clock } }: ReadSources) {
  const statuses = new StatusStore(objects, clock)
  const states = new Map<string, Pick<Status, 'state' | 'reason' | 'updatedAt'>>()
  await forEachAtOnce(heads, async ({ key }) => {
    const status = await spoiledAsAbsent(statuses.read(key))
    if (status) states.set(key, { state: status.state, reason: status.reason, updatedAt: status.updatedAt })
  })
  return states
}

function isReadable(key: string, { access, caller, configuration }: ReadSources): boolean {
  return access === undefined || mayRead(access, { caller, key, folders: configuration.folders })
}

function nameOf(key: string) {
  return key.startsWith(linkPrefix)
    ? { link: key.slice(linkPrefix.length), key }
    : { permissionSetName: key.slice(permissionSetPrefix.length).replace(/\.json$/, ''), key }
}

export function fileOf({ etag, lastModified, size }: ObjectHead) {
  return { etag, lastModified: lastModified.toISOString(), sizeBytes: size }
}

export function refuseParameter(name: string, received: string, expected: string, remedy: string): Answer {
  return refusal(400, [{ path: name, received: `'${received.slice(0, 100)}'`, expected, remedy }])
}
