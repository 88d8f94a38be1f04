import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { FoundObject, ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord } from '../records/define-record.ts'

/** The lease lasts this long. Its age is S3's Date minus Last-Modified, so no local clock decides. */
const leaseMs = 60_000
const renewEveryMs = 20_000
/** New work may start this long after the beginning of the last renewal. This ends well before another dispatcher may take the lease. */
const startsForMs = 40_000
const retryEveryMs = 2_000
/** How long a release waits for a running renewal, because it needs the etag. */
const renewedWithinMs = 5_000

const leaseBody = record({
  v: z.literal(1),
  /** New in every write, so two holders never have the same etag. */
  nonce: z.string(),
  holder: z.string(),
  renewedAt: z.iso.datetime(),
})

export const leaseRecord = defineRecord({
  at: 'control/dispatcher.json',
  meaning: 'the lease: at most one dispatcher works',
  source: { is: 'progress', of: 'the dispatcher' },
  value: leaseBody,
})

type LeasePorts = Pick<Ports, 'objects' | 'leaseClock' | 'randomness' | 'log'>

/** The lease on `control/dispatcher.json`: at most one dispatcher works on a bucket. */
export class Lease {
  readonly #ports: LeasePorts
  readonly #holder: string
  readonly #stopped = new AbortController()
  #etag: string
  #renewalBeganMs: number
  #lost = false
  /** The running renewal; it never rejects. */
  #renewing: Promise<void> = Promise.resolve()
  /** The nonce that a renewal without an answer may have written, and when that renewal began. */
  #unanswered: { readonly nonce: string; readonly beganMs: number } | undefined

  private constructor(ports: LeasePorts, holder: string, etag: string, renewalBeganMs: number) {
    this.#ports = ports
    this.#holder = holder
    this.#etag = etag
    this.#renewalBeganMs = renewalBeganMs
  }

  /**
   * Takes the lease. If another process holds it, waits as long as a dead holder's lease lasts. `undefined`: a living process holds it.
   * `holder`: a name of this process for people.
   */
  static async acquire(ports: LeasePorts, holder: string): Promise<Lease | undefined> {
    const { leaseClock, log } = ports
    const beganMs = leaseClock.monotonicMs()
    for (;;) {
      const lease = await Lease.#tryAcquire(ports, holder)
      const waitedMs = leaseClock.monotonicMs() - beganMs
      if (lease || waitedMs > leaseMs + retryEveryMs) return lease
      if (waitedMs < retryEveryMs)
        log.info('another dispatcher holds the lease; waiting for it', { holder: await Lease.holder(ports) })
      await leaseClock.sleep(retryEveryMs)
    }
  }

  static async #tryAcquire(ports: LeasePorts, holder: string): Promise<Lease | undefined> {
    const { objects, leaseClock } = ports
    const beganMs = leaseClock.monotonicMs()
    const current = await objects.head(leaseRecord.at)
    if (current && isAlive(current)) return undefined
    const written = await leaseRecord.of(objects).write(leaseOf(ports, holder, ports.randomness.id()), current?.etag)
    return written.outcome === 'lost' ? undefined : new Lease(ports, holder, written.etag, beganMs)
  }

  /** The present holder, for a message; `undefined`: the lease is free. */
  static async holder(ports: Pick<Ports, 'objects'>): Promise<string | undefined> {
    return (await leaseRecord.of(ports.objects).read())?.value.holder
  }

  static async isHeld(objects: ObjectStore): Promise<boolean> {
    const current = await objects.head(leaseRecord.at)
    return current !== undefined && isAlive(current)
  }

  /** False once the lease is lost or may be lost soon. Ask before you start anything. */
  mayStart(): boolean {
    return !this.#lost && this.#ports.leaseClock.monotonicMs() - this.#renewalBeganMs < startsForMs
  }

  /** Renews until the lease is released or lost; never rejects. */
  async keep(): Promise<void> {
    while (!this.#lost && !this.#stopped.signal.aborted) {
      await this.#ports.leaseClock.sleep(renewEveryMs, this.#stopped.signal)
      if (this.#stopped.signal.aborted) return
      this.#renewing = this.#renew()
      await this.#renewing
    }
  }

  async #renew(): Promise<void> {
    const beganMs = this.#ports.leaseClock.monotonicMs()
    const nonce = this.#ports.randomness.id()
    try {
      await this.#recoverAnswer()
      this.#unanswered = { nonce, beganMs }
      const written = await leaseRecord
        .of(this.#ports.objects)
        .write(leaseOf(this.#ports, this.#holder, nonce), this.#etag)
      this.#unanswered = undefined
      if (written.outcome === 'lost') {
        this.#lost = true
        this.#ports.log.warn('the dispatcher lost the lease; it starts nothing new')
        return
      }
      this.#etag = written.etag
      this.#renewalBeganMs = beganMs
    } catch (error) {
      // The next renewal tries again; until then `mayStart` expires by itself.
      this.#ports.log.warn('the dispatcher lease could not be renewed', { error })
    }
  }

  /** A renewal without an answer may have been written: compare its nonce. */
  async #recoverAnswer(): Promise<void> {
    const unanswered = this.#unanswered
    if (!unanswered) return
    const current = await leaseRecord.of(this.#ports.objects).read()
    if (current?.value.nonce !== unanswered.nonce) return
    this.#etag = current.object.etag
    this.#renewalBeganMs = unanswered.beganMs
  }

  /** Lets the next dispatcher start at once. Never rejects: an unreleased lease expires. */
  async release(): Promise<void> {
    this.#stopped.abort('released')
    const waited = new AbortController()
    await Promise.race([this.#renewing, this.#ports.leaseClock.sleep(renewedWithinMs, waited.signal)])
    waited.abort('waited')
    if (this.#lost) return
    try {
      await this.#recoverAnswer()
      await leaseRecord.of(this.#ports.objects).remove(this.#etag)
    } catch (error) {
      this.#ports.log.warn('the dispatcher lease could not be released; it runs out within a minute', { error })
    }
  }
}

function isAlive({ servedAt, lastModified }: FoundObject): boolean {
  return servedAt.getTime() - lastModified.getTime() <= leaseMs
}

function leaseOf({ leaseClock }: LeasePorts, holder: string, nonce: string): z.infer<typeof leaseBody> {
  return { v: 1, nonce, holder, renewedAt: renderInstant(leaseClock.now()) }
}
