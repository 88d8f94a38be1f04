import { answerOrError } from '../../ports/service-error.ts'

/** If a service cannot be asked, adds a note, and the rest of the answer follows anyway. */
export async function unlessRefused<T>(call: Promise<T>, note: string, notes: string[]): Promise<T | undefined> {
  const answer = await answerOrError(call)
  if ('is' in answer) return answer.is
  notes.push(`${note}: ${answer.error.message}`)
  return undefined
}
