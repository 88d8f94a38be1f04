import { isServiceError } from '../../ports/service-error.ts'

/** If a service cannot be asked, adds a note, and the rest of the answer follows anyway. */
export async function unlessRefused<T>(call: Promise<T>, note: string, notes: string[]): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    notes.push(`${note}: ${error.message}`)
    return undefined
  })
}
