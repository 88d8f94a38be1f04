import { type Attribute, attributesKey, type OwnedAttributes } from '../../domain/attributes/attributes-file.ts'
import {
  applySteps,
  describeAttributeStep,
  isLoss,
  isSameAttributes,
  planAttributes,
  recordApplied,
} from '../../domain/attributes/plan-attributes.ts'
import type { BrakeList } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { describeUpload } from '../../domain/links/upload.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import type { NewStatus } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { AttributeConfiguration } from '../../ports/sso-admin.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import { digestOf } from '../brake/brake-file.ts'
import { tellAttributeSteps, tellAttributes } from '../records/attribute-history.ts'
import { KnownRecord } from '../records/known-record.ts'
import { nextAttempt, scheduleWork } from '../records/open-work.ts'
import { ownedAttributesRecord, readAttributesFile } from '../records/owned-attributes.ts'
import { readNow } from '../records/owner.ts'
import type { InputHead } from '../records/read-input.ts'
import { uploadOf } from './describe-permission-set.ts'

type Told = Pick<NewStatus, 'state' | 'reason' | 'remedy'>
type FoundFile = { readonly head: InputHead; readonly attributes: readonly Attribute[] | undefined }

const stepsMost = 6
/** A change takes seconds. What takes longer is looked at again later. */
const looksMost = 8
const lookEveryMs = 1_000

/**
 * Makes the attributes for access control of the instance equal to the file. What is added goes on at once; what is taken away, or
 * gets another source, waits until a person releases exactly that. The record is written before each call. A file that is gone
 * gives them up: nothing is changed. Safe to repeat at any time; throws when something cannot be read or written.
 */
export async function settleAttributes(context: SettleContext): Promise<'settled' | 'failed'> {
  const look = new AttributesLook(context)
  for (let step = 0; step < stepsMost; step++) {
    const told = await look.step()
    if (told === 'again') continue
    await look.tell(told.told)
    return told.told?.state === 'failed' ? 'failed' : 'settled'
  }
  throw new Error('the attributes for access control are being changed by others all the time; it will be tried again')
}

class AttributesLook {
  readonly #context: SettleContext
  #file: FoundFile | undefined
  readonly #owned: KnownRecord<OwnedAttributes>
  #isCalled = false

  constructor(context: SettleContext) {
    this.#context = context
    this.#owned = new KnownRecord(ownedAttributesRecord(context.objects))
  }

  async step(): Promise<'again' | { readonly told: Told | undefined }> {
    const { brake } = this.#context
    this.#file = await this.#readFile()
    await this.#owned.read()
    const wanted = this.#file?.attributes
    // Without a file nothing is held any more; nor by one that is not valid, which its status says already.
    if (wanted === undefined) await brake.admitAttributes([])
    if (wanted === undefined && this.#owned.value?.asked === undefined) return this.#giveUp()
    const configured = await this.#describe()
    if (configured?.status === 'CREATION_IN_PROGRESS') return this.#putOff()
    const asked = this.#owned.value?.asked
    const isCarriedOut = asked !== undefined && isSameAttributes(asked.attributes, configured?.attributes ?? [])
    if (configured?.status === 'ENABLED' && isCarriedOut) return this.#note(asked)
    if (wanted === undefined) return this.#giveUp()
    if (this.#isCalled && configured?.status === 'CREATION_FAILED') return { told: describeFailure(configured) }
    return this.#approach(wanted, configured)
  }

  async #approach(wanted: readonly Attribute[], configured: AttributeConfiguration | undefined) {
    const { configuration, brake, objects, ssoAdmin } = this.#context
    const isFailed = configured?.status === 'CREATION_FAILED'
    const asked = this.#owned.value?.asked
    // What failed is described as it was asked for; in force is at most what there was before.
    const actual = (isFailed && asked?.before) || (configured?.attributes ?? [])
    const steps = planAttributes({
      wanted,
      actual,
      owned: this.#owned.value,
      onDrift: configuration.onDrift,
    })
    const list = await brake.admitAttributes(steps.filter(isLoss).map(describeAttributeStep))
    const isHeld = (what: string) => list?.items.includes(what) === true
    const going = steps.filter((one) => one.step !== 'report' && !isHeld(describeAttributeStep(one)))
    const next = applySteps(actual, going)
    if (isSameAttributes(next, actual) && !isFailed && configured !== undefined) {
      if (list) await tellAttributes(objects, { event: 'held', at: list.since, changes: list.items })
      const drift = steps.filter(({ step }) => step === 'report').map(describeAttributeStep)
      if (drift.length === 0 && list === undefined) await this.#owned.write({ v: 1, applied: [...wanted] })
      return { told: describe(list, drift) }
    }
    await this.#owned.write({
      v: 1,
      applied: this.#owned.value?.applied,
      asked: {
        attributes: [...next],
        before: [...(asked?.before ?? actual)],
        at: renderInstant(await readNow(this.#context)),
      },
    })
    if (configured === undefined) await ssoAdmin.createAttributes(next)
    else await ssoAdmin.updateAttributes(next)
    this.#isCalled = true
    return 'again' as const
  }

  async #readFile(): Promise<FoundFile | undefined> {
    const found = await readAttributesFile(this.#context.objects)
    return found && { head: found.head, attributes: found.file.ok ? found.file.value : undefined }
  }

  async #describe(): Promise<AttributeConfiguration | undefined> {
    const { ssoAdmin, clock, ending, mayStart } = this.#context
    for (let look = 1; ; look++) {
      const configured = await ssoAdmin.describeAttributes()
      if (configured?.status !== 'CREATION_IN_PROGRESS' || look === looksMost || !mayStart()) return configured
      await clock.sleep(lookEveryMs, ending)
    }
  }

  /** Identity Center has what was asked for: history tells it, under the instant at which it was asked for. */
  async #note(asked: NonNullable<OwnedAttributes['asked']>): Promise<'again'> {
    const { attributes, before, at } = asked
    const steps = planAttributes({ wanted: attributes, actual: before, owned: undefined, onDrift: 'restore' })
    await tellAttributeSteps(this.#context.objects, steps, at)
    await this.#owned.write({ v: 1, applied: [...recordApplied(this.#owned.value?.applied, asked)] })
    return 'again'
  }

  async #giveUp(): Promise<'again' | { readonly told: undefined }> {
    // A file that is not valid gives nothing up.
    if (this.#file !== undefined || this.#owned.value === undefined) return { told: undefined }
    const at = renderInstant(await readNow(this.#context))
    const attributes = (this.#owned.value.applied ?? []).map(({ key }) => key)
    await tellAttributes(this.#context.objects, { event: 'given-up', at, attributes })
    await this.#owned.remove()
    return { told: undefined }
  }

  async #putOff(): Promise<{ readonly told: Told }> {
    const { objects, clock, randomness } = this.#context
    await scheduleWork(objects, renderInstant(nextAttempt(clock.now(), 0, randomness.fraction())), attributesKey)
    return { told: { state: 'applying', reason: 'Identity Center is still at work on the attributes' } }
  }

  async tell(told: Told | undefined): Promise<void> {
    const { statuses, objects } = this.#context
    const file = this.#file
    if (file !== undefined && told === undefined) return
    await statuses.revise(attributesKey, async (current) => {
      // The file was replaced meanwhile: its own message tells its status.
      if ((await objects.head(attributesKey))?.etag !== file?.head.etag) return current
      return told && file && { ...describeUpload(current, uploadOf(file.head)), by: current?.by, ...told }
    })
  }
}

function describe(list: BrakeList | undefined, drift: readonly string[]): Told {
  const reported =
    drift.length > 0
      ? `somebody else changed them, and onDrift only reports; the file asks: ${drift.join('; ')}`
      : undefined
  if (list)
    return {
      state: 'held',
      reason: [describeList(list), ...(reported === undefined ? [] : [reported])].join('. '),
      remedy: `if it is meant: ssofile brake --release ${digestOf(list)}; if not: upload the file as it should be`,
    }
  if (reported === undefined) return { state: 'applied' }
  return { state: 'failed', reason: reported, remedy: 'write the change into the file, or set onDrift to restore' }
}

function describeFailure({ reason = 'without a reason' }: AttributeConfiguration): Told {
  return {
    state: 'failed',
    reason: `Identity Center did not take the attributes: ${quote(reason, 500)}`,
    remedy: 'correct the file and upload it; the same is tried again each hour',
  }
}
