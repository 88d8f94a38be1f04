import type { Writers } from '../../../shared/domain/inputs/kind.ts'
import { kinds } from '../../../shared/domain/inputs/kinds.ts'
import { nthOf } from '../doing.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { renderInstant } from '../time-actions.ts'
import type { KindName } from './part.ts'
import { livedKinds } from './parts.ts'

/** Who may write the files of each kind. Each has two, so that one continues or undoes what the other began. */
const identities: Readonly<Record<Exclude<Writers, 'oneself'>, readonly string[]>> = {
  uploaders: ['someone', 'someone-else'],
  permissionSetUploaders: ['someone', 'someone-else'],
  memberships: ['someone', 'someone-else'],
  governance: ['governance', 'auditor'],
  people: ['hr', 'hr-abroad'],
  accountOwners: ['owner', 'other-owner'],
}

/** `by`: which of the identities that may write this kind. */
type File = { readonly kind: KindName; readonly file: string; readonly by: number }

/** What anybody does to a file of any kind. */
export const fileActions = {
  'write a file': (world: SimulatedWorld, { kind, file, body, by }: File & { readonly body: string }) => {
    const key = keyOf(world, kind, file)
    if (key !== undefined) void as(world, kind, key, by).put(key, renderBody(world, kind, body, key))
  },
  /** The same content, as a sync uploads it. */
  'write a file again': (world: SimulatedWorld, { kind, file, by }: File) => {
    const key = keyOf(world, kind, file)
    const found = key === undefined ? undefined : world.objects.model.find(key)
    if (key !== undefined && found) void as(world, kind, key, by).put(key, found.body)
  },
  'delete a file': (world: SimulatedWorld, { kind, file, by }: File) => {
    const key = keyOf(world, kind, file)
    if (key !== undefined) void as(world, kind, key, by).delete(key)
  },
  /** The same content under another name, and the old name goes. */
  'rename a file': (world: SimulatedWorld, { kind, file, to, by }: File & { readonly to: string }) => {
    const [from, key] = [keyOf(world, kind, file), keyOf(world, kind, to)]
    const found = from === undefined ? undefined : world.objects.model.find(from)
    if (from === undefined || key === undefined || from === key || !found) return
    void as(world, kind, key, by).put(key, found.body)
    void as(world, kind, from, by).delete(from)
  },
}

export function keyOf(world: SimulatedWorld, kind: KindName, file: string): string | undefined {
  const { [file]: key } = filesOf(kind).keys
  return typeof key === 'function' ? key(world) : key
}

export function renderBody(world: SimulatedWorld, kind: KindName, name: string, key: string): string {
  const { valid, invalid } = filesOf(kind)
  const body = valid[name] ?? invalid[name]
  if (body === undefined) throw new Error(`received ${name} for a ${kind}, expected one of its contents`)
  const at = (ms: number) => renderInstant(world.clock.now().getTime() + ms)
  return typeof body === 'function' ? body(at, world, key) : body
}

function filesOf(kind: KindName) {
  const lived = livedKinds.get(kind)
  if (!lived) throw new Error(`received a file of ${kind}, expected a kind with a life`)
  return lived.files
}

/** People write their own requests, approvals and decisions, as the page does for them. */
function as(world: SimulatedWorld, kind: KindName, key: string, by: number) {
  const { writers, ...of } = kinds[kind]
  if (writers !== 'oneself') return world.objects.as(nthOf(identities[writers], by) ?? writers)
  const user = 'subject' in of ? of.subject(key) : ''
  return world.objects.as(world.names.principal(user))
}
