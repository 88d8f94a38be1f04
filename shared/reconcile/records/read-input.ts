import { type Complaint, quote } from '../../domain/complaint.ts'
import type { ObjectHead, ObjectStore, ReadObject } from '../../ports/object-store.ts'
import { isObjectRefusal } from '../../ports/service-error.ts'

/** An input that is there and that S3 refuses to give to ssofile: nobody knows what it says. */
export type UnreadableInput = { readonly head: ObjectHead; readonly complaint: Complaint }

/** What a person uploaded; `undefined`: nothing is there. One larger than `mostBytes` is not read, and empty. */
export async function readInput(
  objects: ObjectStore,
  key: string,
  { mostBytes }: { readonly mostBytes: number },
): Promise<ReadObject | UnreadableInput | undefined> {
  try {
    return await objects.get(key, { mostBytes })
  } catch (error) {
    if (!isObjectRefusal(error)) throw error
    const head = await objects.head(key)
    return head && { head, complaint: complainOf(key, error.code, error.message) }
  }
}

function complainOf(object: string, code: string, message: string): Complaint {
  return {
    object,
    received: `an object that S3 does not give to ssofile (${code}: ${quote(message.replace(`${object}: `, ''), 300)})`,
    expected: 'one that ssofile can read: not encrypted with a key of your own (SSE-C, another KMS key), not archived',
    remedy:
      'upload it again without an option for encryption; until then it gives nothing new, and access that it gave stays',
  }
}
