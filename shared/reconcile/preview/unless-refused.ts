import { isServiceError } from '../../ports/service-error.ts'

/** If a service cannot be asked, the rest of the answer is given all the same, with a note. */
export async function unlessRefused<T>(call: Promise<T>, note: string, notes: string[]): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    notes.push(`${note}: ${error.message}`)
    return undefined
  })
}
