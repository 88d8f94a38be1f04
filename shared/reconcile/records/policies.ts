import {
  type Guardrails,
  isPolicyKey,
  joinPolicies,
  type Policy,
  parsePolicyFile,
  policyFileMostBytes,
  policyPrefix,
} from '../../domain/guardrails/policy-file.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceIn } from '../../ports/once.ts'
import { ParsedFiles } from './parsed-files.ts'

/** How soon a changed policy counts. A listing for each new access would be twenty a second. */
const currentMs = 5_000
const policiesMost = 100

/** What was listed, and what it says. */
type Looked = { readonly guardrails: Guardrails; readonly etags: Readonly<Record<string, string>> }

/** The policies of a bucket, as they were a few seconds ago at most. Only what changed is read again. */
export class Policies {
  readonly #files: ParsedFiles<Policy>
  readonly #recent: () => Promise<Looked>

  constructor({ objects, clock }: { readonly objects: ObjectStore; readonly clock: Pick<Clock, 'monotonicMs'> }) {
    this.#files = new ParsedFiles(objects, {
      prefix: policyPrefix,
      isKey: isPolicyKey,
      mostBytes: policyFileMostBytes,
      filesMost: policiesMost,
      parse: parsePolicyFile,
    })
    this.#recent = onceIn(currentMs, clock, () => this.#look())
  }

  /** What S3 does not give, and what is not valid, is among the broken ones. Throws where S3 does not answer. */
  async read(): Promise<Guardrails> {
    return (await this.#recent()).guardrails
  }

  /** The etag of each policy by its key, as `read` has them. */
  async etags(): Promise<Looked['etags']> {
    return (await this.#recent()).etags
  }

  async #look(): Promise<Looked> {
    const { files, tooMany } = await this.#files.read()
    const etags = Object.fromEntries(files.map(({ key, etag }) => [key, etag]))
    if (tooMany) return { etags, guardrails: { policies: [], broken: [complainOfMany(tooMany.length)] } }
    return { etags, guardrails: joinPolicies(files.map(({ file, size }) => ({ policy: file, size }))) }
  }
}

function complainOfMany(count: number): Complaint {
  return {
    object: policyPrefix,
    received: `${count} policies`,
    expected: `at most ${policiesMost}`,
    remedy: 'join them into fewer files',
  }
}
