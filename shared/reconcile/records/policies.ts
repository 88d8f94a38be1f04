import { type Guardrails, joinPolicies, type Policy, policyPrefix } from '../../domain/guardrails/policy-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceIn } from '../../ports/once.ts'
import { ParsedFiles } from './parsed-files.ts'

/** A changed policy counts within this time. A listing for each new access would be twenty listings a second. */
const currentMs = 5_000
const policiesMost = 100

/** The listed policies and their etags. */
type Looked = { readonly guardrails: Guardrails; readonly etags: Readonly<Record<string, string>> }

/** The policies of a bucket, at most a few seconds old. Only changed files are read again. */
export class Policies {
  readonly #files: ParsedFiles<Policy>
  readonly #recent: () => Promise<Looked>

  constructor({ objects, clock }: { readonly objects: ObjectStore; readonly clock: Pick<Clock, 'monotonicMs'> }) {
    this.#files = new ParsedFiles(objects, kinds.policy, {
      filesMost: policiesMost,
    })
    this.#recent = onceIn(currentMs, clock, () => this.#look())
  }

  /** Invalid policies, and those that S3 does not return, are among the broken ones. Throws if S3 does not answer. */
  async read(): Promise<Guardrails> {
    return (await this.#recent()).guardrails
  }

  /** The etag of each policy of `read`, by its key. */
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
