import { type Complaint, type Parsed, refused } from '../../domain/complaint.ts'
import {
  type Guardrails,
  isPolicyKey,
  joinPolicies,
  type Policy,
  parsePolicyFile,
  policyFileMostBytes,
  policyPrefix,
} from '../../domain/policy-file.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { forEachAtOnce, listHeads } from './list-heads.ts'
import { readInput } from './read-input.ts'

/** How soon a changed policy counts. A listing for each new access would be twenty a second. */
const currentMs = 5_000
const policiesMost = 100

type Read = { readonly etag: string; readonly size: number; readonly policy: Parsed<Policy> }

/** The policies of a bucket, as they were a few seconds ago at most. Only what changed is read again. */
export class Policies {
  readonly #objects: ObjectStore
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #read = new Map<string, Read>()
  #current: { readonly sinceMs: number; readonly guardrails: Promise<Guardrails> } | undefined

  constructor({ objects, clock }: { readonly objects: ObjectStore; readonly clock: Pick<Clock, 'monotonicMs'> }) {
    this.#objects = objects
    this.#clock = clock
  }

  /** What S3 does not give, and what is not valid, is among the broken ones. Throws where S3 does not answer. */
  read(): Promise<Guardrails> {
    const nowMs = this.#clock.monotonicMs()
    if (this.#current && nowMs - this.#current.sinceMs < currentMs) return this.#current.guardrails
    const guardrails = this.#look()
    this.#current = { sinceMs: nowMs, guardrails }
    guardrails.catch(() => {
      this.#current = undefined
    })
    return guardrails
  }

  async #look(): Promise<Guardrails> {
    const heads = [...(await listHeads(this.#objects, policyPrefix)).values()].filter(({ key }) => isPolicyKey(key))
    if (heads.length > policiesMost) return { policies: [], broken: [tooMany(heads.length)] }
    const read = new Map<string, Read>()
    await forEachAtOnce(heads, async (head) => {
      const known = this.#read.get(head.key)
      // What S3 did not give, it may give now, under the same etag.
      const found = known?.etag === head.etag && known.policy.ok ? known : await readPolicy(this.#objects, head)
      if (found) read.set(head.key, found)
    })
    this.#read = read
    return joinPolicies(heads.flatMap(({ key }) => read.get(key) ?? []))
  }
}

/** `undefined`: it is gone. */
async function readPolicy(objects: ObjectStore, { key, etag, size }: ObjectHead): Promise<Read | undefined> {
  const found = await readInput(objects, key, { mostBytes: policyFileMostBytes })
  if (!found) return undefined
  if ('complaint' in found) return { etag, size, policy: refused(found.complaint) }
  return { etag: found.etag, size: found.size, policy: parsePolicyFile(key, found.body, found.size) }
}

function tooMany(count: number): Complaint {
  return {
    object: policyPrefix,
    received: `${count} policies`,
    expected: `at most ${policiesMost}`,
    remedy: 'join them into fewer files',
  }
}
