import * as z from 'zod'
import { renderInstant } from '../domain/instant.ts'
import type { Ports } from '../ports/ports.ts'
import { readJson, renderJson } from './stored-json.ts'

export const leaseKey = 'control/dispatcher.json'
/** Judged by S3's Date against the object's Last-Modified, so that no local clock decides. */
const leaseMs = 60_000
const renewEveryMs = 20_000
/** From the beginning of the last renewal: well before anyone else may take the lease, nothing new is started. */
const startsForMs = 40_000
const retryEveryMs = 2_000
/** How long a release waits for a renewal under way, whose etag it needs. */
const settleMs = 5_000

const leaseBody = z.strictObject({
  v: z.literal(1),
  /** Fresh in every write, so that two holders can never have the same etag. */
  nonce: z.string(),
  holder: z.string(),
  renewedAt: z.iso.datetime(),
})

type LeasePorts = Pick<Ports, 'objects' | 'leaseClock' | 'randomness' | 'log'>

/** At most one dispatcher works on a bucket: the one that holds `control/dispatcher.json`. */
export class Lease {
  readonly #ports: LeasePorts
  readonly #holder: string
  readonly #stopped = new AbortController()
  #etag: string
  #renewalBeganMs: number
  #lost = false
  /** The renewal under way; it never rejects. */
  #renewing: Promise<void> = Promise.resolve()
  /** What a renewal without an answer may have written, and when it began. */
  #unanswered: { readonly nonce: string; readonly beganMs: number } | undefined

  private constructor(ports: LeasePorts, holder: string, etag: string, renewalBeganMs: number) {
    this.#ports = ports
    this.#holder = holder
    this.#etag = etag
    this.#renewalBeganMs = renewalBeganMs
  }

  /**
   * Waits as long as a dead holder's lease lasts. `undefined`: somebody alive holds it. `holder` says who this is, for a
   * person who looks.
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
    const current = await objects.head(leaseKey)
    if (current && current.servedAt.getTime() - current.lastModified.getTime() <= leaseMs) return undefined
    const condition = current ? ({ ifMatch: current.etag } as const) : ({ ifNoneMatch: '*' } as const)
    const written = await objects.put(leaseKey, renderLease(ports, holder, ports.randomness.id()), condition)
    return written.outcome === 'lost' ? undefined : new Lease(ports, holder, written.etag, beganMs)
  }

  /** Who holds it now, for a message; `undefined`: nobody. */
  static async holder(ports: Pick<Ports, 'objects'>): Promise<string | undefined> {
    return (await readJson(ports.objects, leaseKey, leaseBody))?.value.holder
  }

  /** False once the lease may have been lost or could be soon. Asked before anything is started. */
  mayStart(): boolean {
    return !this.#lost && this.#ports.leaseClock.monotonicMs() - this.#renewalBeganMs < startsForMs
  }

  /** Renews until released or lost; never rejects. */
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
      const body = renderLease(this.#ports, this.#holder, nonce)
      const written = await this.#ports.objects.put(leaseKey, body, { ifMatch: this.#etag })
      this.#unanswered = undefined
      if (written.outcome === 'lost') {
        this.#lost = true
        this.#ports.log.warn('the dispatcher lease was lost; nothing new is started')
        return
      }
      this.#etag = written.etag
      this.#renewalBeganMs = beganMs
    } catch (error) {
      // Tried again at the next renewal: until then `mayStart` runs out by itself.
      this.#ports.log.warn('the dispatcher lease could not be renewed', { error })
    }
  }

  /** A renewal whose answer was lost may have been written all the same: its nonce tells. */
  async #recoverAnswer(): Promise<void> {
    const unanswered = this.#unanswered
    if (!unanswered) return
    const current = await readJson(this.#ports.objects, leaseKey, leaseBody)
    if (current?.value.nonce !== unanswered.nonce) return
    this.#etag = current.object.etag
    this.#renewalBeganMs = unanswered.beganMs
  }

  /** Lets the next dispatcher start at once. Never rejects: an unreleased lease runs out. */
  async release(): Promise<void> {
    this.#stopped.abort()
    const waited = new AbortController()
    await Promise.race([this.#renewing, this.#ports.leaseClock.sleep(settleMs, waited.signal)])
    waited.abort()
    if (this.#lost) return
    try {
      await this.#recoverAnswer()
      await this.#ports.objects.delete(leaseKey, { ifMatch: this.#etag })
    } catch (error) {
      this.#ports.log.warn('the dispatcher lease could not be released; it runs out within a minute', { error })
    }
  }
}

function renderLease({ leaseClock }: LeasePorts, holder: string, nonce: string): string {
  return renderJson({ v: 1, nonce, holder, renewedAt: renderInstant(leaseClock.now()) })
}
