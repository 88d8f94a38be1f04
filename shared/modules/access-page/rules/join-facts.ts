import type { PageFacts } from './page-data.ts'

/** `facts` absent: the deployment could not be read. */
type Named = { readonly deployment: string | undefined; readonly facts: PageFacts | undefined }

/** The facts about a page, of one deployment or of several, and the deployments that could not be read. */
export type JoinedFacts = Omit<PageFacts, 'administratorSets'> & { readonly unread: readonly string[] }

/** Facts of several deployments say which one they are about. `madeAt` is that of the oldest part. */
export function joinFacts(parts: readonly Named[]): JoinedFacts {
  const read = parts.flatMap(({ deployment, facts }) => (facts === undefined ? [] : [{ deployment, facts }]))
  const unread = parts.flatMap(({ deployment = '', facts }) => (facts === undefined ? [deployment] : []))
  const [madeAt = ''] = read.map(({ facts }) => facts.madeAt).sort()
  const changes = read.flatMap(({ deployment, facts }) =>
    (facts.changes ?? []).map((change) => ({ ...change, deployment })),
  )
  return {
    madeAt,
    unread,
    sources: read.flatMap(({ deployment, facts }) => facts.sources.map((one) => nameFigure(deployment, one))),
    notes: [
      ...unread.map((one) => `${one} could not be read, so its access is missing here`),
      ...read.flatMap(({ deployment, facts }) => facts.notes.map((note) => nameText(deployment, note))),
    ],
    attention: read.flatMap(({ deployment, facts }) => facts.attention.map((one) => ({ ...one, deployment }))),
    changes: read.every(({ facts }) => facts.changes !== undefined) ? changes : undefined,
    lifecycle: read.flatMap(({ deployment, facts }) =>
      (facts.lifecycle ?? []).map((one) => nameFigure(deployment, one)),
    ),
  }
}

const nameText = (deployment: string | undefined, text: string) =>
  deployment === undefined ? text : `${deployment}: ${text}`

function nameFigure(deployment: string | undefined, [name, value]: readonly [string, string]) {
  return [nameText(deployment, name), value] as const
}
