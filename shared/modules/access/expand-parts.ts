import type { Ports } from '../../ports/ports.ts'
import type { TellProgress } from '../../ports/progress.ts'
import { addRequests, addUploaders, type Requests, type Uploaders } from './add-to-links.ts'
import { type ExpansionSources, expandAccess, type HeldInAccount } from './expand-access.ts'
import type { AnyAccess } from './recorded-access.ts'
import type { RoleUses } from './role-uses.ts'

/** Some of the access: whole accounts. */
export type AccessPart = { readonly access: readonly AnyAccess[] }

type TellingSources = {
  readonly ports: Pick<Ports, 'objects' | 'clock'>
  /** Absent: the use of roles is not asked. */
  readonly uses?: RoleUses | undefined
  /** `false`: leaves out uploaders that only a status of a link names. */
  readonly hasUploaders: boolean
  readonly onStep?: TellProgress
}

/** How many parts to read before the first is expanded: the directory tells the members of few groups a second. Each part takes some megabytes. */
const partsAhead = 16

/** Access with its uses, uploaders and requests, expanded to people, account by account. */
export async function* expandParts<Part extends AccessPart>(
  parts: AsyncGenerator<Part>,
  { ports, uses, hasUploaders, onStep }: TellingSources,
  contextOf: (part: Part) => Promise<ExpansionSources>,
): AsyncGenerator<HeldInAccount> {
  const uploaders: Uploaders = new Map()
  const requests: Requests = new Map()
  const tell = async (part: Part): Promise<Part> => {
    const used = uses ? await uses.addTo(part.access, onStep) : part.access
    const uploaded = hasUploaders ? await addUploaders(used, ports, uploaders) : used
    return { ...part, access: await addRequests(uploaded, ports.objects, requests) }
  }
  for await (const part of readAhead(parts, tell, partsAhead)) yield* expandAccess(part.access, await contextOf(part))
}

/** Asks for so many items before the reader does. Completes all of them at the same time: an account needs seconds to tell its uses. */
async function* readAhead<T>(
  items: AsyncGenerator<T>,
  complete: (item: T) => Promise<T>,
  most: number,
): AsyncGenerator<T> {
  const begun: Promise<IteratorResult<T>>[] = []
  try {
    for (;;) {
      while (begun.length < most) {
        const next = items.next().then(async (item) => (item.done ? item : { value: await complete(item.value) }))
        // The reader of this item receives the error.
        next.catch(() => {})
        begun.push(next)
      }
      const item = await begun.shift()
      if (item === undefined || item.done) return
      yield item.value
    }
  } finally {
    void items.return(undefined)
  }
}
