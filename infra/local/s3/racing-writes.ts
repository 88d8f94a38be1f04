import type { MemoryBucket } from '../../../shared/memory/s3/memory-bucket.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'

/** A conditional write or delete that has begun to arrive. */
export type Race = {
  /** Throws ServiceError ConditionalRequestConflict if another request has changed the key since this one began. */
  check(): void
  end(): void
}

/**
 * Conditional writes of one key that overlap in time: the first to finish wins, the others must try again, whether or not their condition
 * still holds. (S3 User Guide, "How to prevent object overwrites with conditional writes", 409 Conflict.)
 */
export class RacingWrites {
  readonly #running = new Map<string, Set<{ isOvertaken: boolean }>>()

  constructor(bucket: MemoryBucket) {
    bucket.onChange(({ key }) => {
      for (const write of this.#running.get(key) ?? []) write.isOvertaken = true
    })
  }

  begin(key: string): Race {
    const write = { isOvertaken: false }
    const ofKey = this.#running.get(key) ?? new Set()
    this.#running.set(key, ofKey.add(write))
    return {
      check() {
        if (!write.isOvertaken) return
        throw new ServiceError(
          's3',
          'ConditionalRequestConflict',
          'The conditional request cannot succeed due to a conflicting operation against this resource.',
        )
      },
      end: () => {
        ofKey.delete(write)
        if (ofKey.size === 0 && this.#running.get(key) === ofKey) this.#running.delete(key)
      },
    }
  }
}
