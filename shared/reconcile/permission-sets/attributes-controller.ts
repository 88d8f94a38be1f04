import {
  type Attribute,
  type AttributeConfiguration,
  attributesKey,
  type OwnedAttributes,
} from '../../domain/attributes/attributes-file.ts'
import {
  type AttributesAction,
  type AttributesEnd,
  type AttributesFacts,
  decideAttributes,
} from '../../domain/attributes/decide-attributes.ts'
import { warnOfSources } from '../../domain/attributes/known-sources.ts'
import { planAttributes } from '../../domain/attributes/plan-attributes.ts'
import { exempt } from '../../domain/brake/admission.ts'
import type { BrakeList } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { listReleased } from '../../domain/brake/releases.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { attributesHint } from '../../domain/messages/hint.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { type NewStatus, rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import type { Brake } from '../brake/brake.ts'
import { replaceAttributes } from '../calls/taking-calls.ts'
import type {
  Controller,
  Description,
  Effect,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
} from '../inputs/controller.ts'
import { type UploadTypes, uploadController } from '../inputs/upload-controller.ts'
import {
  attributesFolder,
  ownedAttributesRecord,
  tellAttributeSteps,
  tellHeldAttributes,
} from '../records/attribute-records.ts'
import { digestOf, readBrake } from '../records/brake-file.ts'
import { sendInputs } from '../records/inputs.ts'
import { KnownRecord } from '../records/known-record.ts'
import { describeInput } from '../records/read-input.ts'

type AttributesContext = ReconcileContext &
  Pick<SettleContext, 'ssoAdmin' | 'mayStart' | 'ending'> & { readonly brake: Pick<Brake, 'admitAttributes'> }

interface AttributesTypes extends KindTypes {
  readonly name: typeof attributesKey
  readonly body: readonly Attribute[]
  readonly entry: OwnedAttributes
  readonly facts: AttributesFacts
  readonly action: AttributesAction
  readonly end: AttributesEnd
  readonly context: AttributesContext
}

type AttributesInput = Input<AttributesTypes>

/** A change takes seconds. If it takes longer, ssofile looks again later. */
const looksMost = 8
const lookEveryMs = 1_000
const soonMs = 45_000

/** The attributes file, when it is uploaded or deleted. */
export const uploadedAttributesController = uploadController<typeof attributesKey, readonly Attribute[]>(
  'attributes',
  kinds.attributes,
  (input) => ({
    told: describeUpload(input),
    wakes: { why: 'the dispatcher applies them', hints: [attributesHint(attributesKey)] },
  }),
)

function describeUpload({
  file,
  head,
  told,
}: Input<UploadTypes<typeof attributesKey, readonly Attribute[]>>): Description['told'] {
  if (file.is === 'invalid') return rejection(file.complaint)
  // If the file is gone, the dispatcher writes the final status.
  if (head === undefined) return told
  const isTold = told !== undefined && told.state !== 'rejected' && told.etag === head.etag
  return isTold ? { ...told, ...describeInput(head) } : { state: 'applying' }
}

/** The attributes file in the dispatcher: makes the instance's attributes for access control equal to the file. */
export const attributesController: Controller<AttributesTypes> = {
  noun: 'attributes',
  format: kinds.attributes,
  entryOf: (objects) => ownedAttributesRecord.of(objects),
  historyOf: () => ({ folder: attributesFolder, name: attributesKey }),
  gather: gatherAttributes,
  decide: decideAttributes,
  underPause: ['drop', 'note', 'hold', 'keep', 'give up'],
  perform,
  describe,
}

/** Runs every hour, because somebody may have changed them by hand. Without a file and an entry it asks nobody. */
export async function compareAttributes(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness'>,
  configuration: Configuration,
): Promise<void> {
  const { objects } = ports
  const keys = [attributesKey, ownedAttributesRecord.of(objects).key]
  const heads = await Promise.all(keys.map((key) => objects.head(key)))
  if (heads.some((head) => head !== undefined)) await sendInputs(ports, [attributesKey], 'reconcile', configuration)
}

export async function gatherAttributes(
  { file, entry, now }: AttributesInput,
  {
    objects,
    ssoAdmin,
    configuration,
  }: Pick<ReadingContext<AttributesContext>, 'objects' | 'ssoAdmin' | 'configuration'>,
): Promise<AttributesFacts> {
  const brake = await readBrake(objects, ['attributes'])
  const isAsked = file.is === 'valid' || entry?.asked !== undefined
  return {
    file: file.is === 'valid' ? file.body : file.is,
    entry,
    configured: isAsked ? await ssoAdmin.describeAttributes() : undefined,
    onDrift: configuration.onDrift,
    released: brake ? listReleased(brake, 'attributes', now) : new Set(),
    isListed: brake?.lists.some(({ rule }) => rule === 'attributes') === true,
  }
}

async function perform(
  action: AttributesAction,
  input: AttributesInput,
  facts: AttributesFacts,
  context: AttributesContext,
): Promise<Effect<OwnedAttributes> | Description> {
  const { file, entry } = input
  const { objects, brake } = context
  switch (action.do) {
    case 'drop':
      await brake.admitAttributes({ losses: [], taken: [] })
      return {}
    case 'note': {
      const { attributes, before, at } = action.asked
      const steps = planAttributes({ wanted: attributes, actual: before, owned: undefined, onDrift: 'restore' })
      await tellAttributeSteps(objects, steps, at)
      return { entry: { v: 1, applied: [...action.applied] } }
    }
    case 'ask':
      return ask(action, input, facts, context)
    case 'hold': {
      const answer = await brake.admitAttributes({ losses: action.losses, taken: action.losses })
      if (answer.outcome === 'passes') return {}
      const { since: at, items } = answer.list
      await tellHeldAttributes(objects, at, [...items])
      return { told: { ...describeHeld(answer.list, action.drift), ...warningsOf(file) } }
    }
    case 'keep':
      return file.is === 'valid' ? { entry: { v: 1, applied: [...file.body] } } : {}
    case 'give up': {
      const attributes = (entry?.applied ?? []).map(({ key }) => key)
      return { history: { event: 'given-up', body: { attributes } }, entry: 'none' }
    }
  }
}

/** Writes the entry first, so that after a crash the change does not look like someone else's. */
async function ask(
  { attributes, before, losses, taken }: Extract<AttributesAction, { do: 'ask' }>,
  { entry, now }: AttributesInput,
  { configured }: AttributesFacts,
  context: AttributesContext,
): Promise<Effect<OwnedAttributes> | Description> {
  const { objects, brake, ssoAdmin } = context
  const answer = taken.length === 0 ? exempt('nobody loses anything') : await brake.admitAttributes({ losses, taken })
  if (answer.outcome === 'held') return {}
  const record = new KnownRecord(ownedAttributesRecord.of(objects))
  if (JSON.stringify(await record.read()) !== JSON.stringify(entry)) return {}
  await record.write({ v: 1, applied: entry?.applied, asked: { attributes, before, at: renderInstant(now) } })
  if (configured === undefined) await ssoAdmin.createAttributes(attributes)
  else await replaceAttributes(answer, attributes, context)
  const { status, reason = 'without a reason' } = (await awaitOutcome(context)) ?? {}
  if (status !== 'CREATION_FAILED') return {}
  return {
    told: {
      state: 'failed',
      reason: `Identity Center refused the attributes: ${quote(reason, 500)}`,
      remedy: 'correct the file and upload it; ssofile tries the same again every hour',
    },
  }
}

async function awaitOutcome(context: AttributesContext, looks = 1): Promise<AttributeConfiguration | undefined> {
  const { ssoAdmin, clock, ending, mayStart } = context
  const configured = await ssoAdmin.describeAttributes()
  if (configured?.status !== 'CREATION_IN_PROGRESS' || looks === looksMost || !mayStart()) return configured
  await clock.sleep(lookEveryMs, ending)
  return awaitOutcome(context, looks + 1)
}

function describe(end: AttributesEnd, { file, now }: AttributesInput, { configured }: AttributesFacts): Description {
  switch (end.tell) {
    case 'invalid':
    case 'nothing':
      return { told: undefined }
    case 'in progress':
      return {
        told: { state: 'applying', reason: 'Identity Center is still applying the attributes' },
        again: new Date(now.getTime() + soonMs),
      }
    case 'failed': {
      const { reason = 'without a reason' } = configured ?? {}
      return {
        told: {
          state: 'failed',
          reason: `somebody else asked for other attributes, and Identity Center refused them: ${quote(reason, 500)}. ssofile does not know which attributes are in force`,
          remedy: 'set the attributes in Identity Center; ssofile looks again every hour',
        },
      }
    }
    case 'drift':
      return {
        told: {
          state: 'failed',
          reason: describeDrift(end.drift),
          remedy: 'write the change into the file, or set onDrift to restore',
        },
      }
    case 'applied':
      return { told: { state: 'applied', ...warningsOf(file) } }
  }
}

function warningsOf(file: AttributesInput['file']): Pick<NewStatus, 'warnings'> {
  const warnings = file.is === 'valid' ? warnOfSources(file.body) : []
  return warnings.length > 0 ? { warnings: [...warnings] } : {}
}

function describeHeld(list: BrakeList, drift: readonly string[]): NewStatus {
  return {
    state: 'held',
    reason: [describeList(list), ...(drift.length > 0 ? [describeDrift(drift)] : [])].join('. '),
    remedy: `if you intend this, run ssofile brake --release ${digestOf(list)}; otherwise upload the right file`,
  }
}

function describeDrift(drift: readonly string[]): string {
  return `somebody else changed them, and onDrift only reports; to match the file: ${drift.join('; ')}`
}
