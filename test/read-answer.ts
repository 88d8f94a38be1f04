import type { WhoAnswer } from '../shared/modules/access/who-has-access.ts'

/** The whole answer of `whoHasAccess`, after its last row. */
export async function readAnswer(asking: Promise<WhoAnswer>) {
  const { rows: parts, facts } = await asking
  const rows = (await Array.fromAsync(parts)).flat()
  return { rows, ...facts() }
}

export type ReadAnswer = Awaited<ReturnType<typeof readAnswer>>
