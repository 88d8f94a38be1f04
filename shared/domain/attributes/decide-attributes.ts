import type { Attribute, AttributeConfiguration, OwnedAttributes } from './attributes-file.ts'
import {
  type AttributeStep,
  applySteps,
  describeAttributeStep,
  isLoss,
  isSameAttributes,
  planAttributes,
  recordApplied,
} from './plan-attributes.ts'

export type AttributesFacts = {
  readonly file: 'none' | 'invalid' | readonly Attribute[]
  readonly entry: OwnedAttributes | undefined
  /** In Identity Center. `undefined`: never configured, or neither the file nor the entry asks for any. */
  readonly configured: AttributeConfiguration | undefined
  readonly onDrift: 'restore' | 'report'
  /** The losses that a person has released, in words. */
  readonly released: ReadonlySet<string>
  /** The brake holds losses. */
  readonly isListed: boolean
}

export const attributesActions = [
  'drop',
  'note',
  'ask',
  'hold',
  'keep',
  'give up',
] as const satisfies readonly AttributesAction['do'][]
export const attributesEnds = [
  'invalid',
  'nothing',
  'in progress',
  'failed',
  'drift',
  'applied',
] as const satisfies readonly AttributesEnd['tell'][]

/** Losses are in words, as the brake names them. */
export type AttributesAction =
  | { readonly do: 'drop' | 'keep' | 'give up' }
  | { readonly do: 'note'; readonly asked: AskedAttributes; readonly applied: readonly Attribute[] }
  /** `losses`: all losses in the file. `taken`: those that this call carries out. `held`: those that wait for a release. */
  | ({ readonly do: 'ask'; readonly losses: readonly string[]; readonly taken: readonly string[] } & Differing &
      Omit<AskedAttributes, 'at'>)
  | ({ readonly do: 'hold'; readonly losses: readonly string[]; readonly drift: readonly string[] } & Differing)
export type AttributesEnd =
  | { readonly tell: 'invalid' | 'nothing' | 'in progress' | 'failed' | 'applied' }
  | ({ readonly tell: 'drift'; readonly drift: readonly string[] } & Differing)
type Differing = { readonly steps: readonly AttributeStep[]; readonly held: readonly string[] }
type AskedAttributes = NonNullable<OwnedAttributes['asked']>
type Decision = AttributesAction | AttributesEnd

/**
 * The next step for the attributes. `planAttributes` compares them with the file. Additions go on at once; a loss waits for a person's
 * release. If the file is gone, ssofile gives the attributes up and changes nothing. After a failed change, Identity Center names what
 * somebody asked for, and not what is in force: ssofile then compares with the attributes before its own request, or those it applied.
 * The first row that fits counts.
 *
 * | file          | entry                          | Identity Center           | other                          | step        |
 * | ------------- | ------------------------------ | ------------------------- | ------------------------------ | ----------- |
 * | none, invalid | any                            | any                       | the brake holds losses         | drop        |
 * | invalid       | asks for nothing               | any                       | any                            | invalid     |
 * | none          | asks for nothing               | any                       | any                            | give up     |
 * | none          | none                           | any                       | any                            | nothing     |
 * | any           | any                            | is still at work          | any                            | in progress |
 * | any           | asks for these                 | enabled                   | any                            | note        |
 * | invalid       | asks                           | any                       | any                            | invalid     |
 * | none          | asks                           | any                       | any                            | give up     |
 * | valid         | neither asks nor has applied   | failed                    | any                            | failed      |
 * | valid         | any                            | none; failed; lacks what may be changed now | any          | ask         |
 * | valid         | any                            | enabled                   | a loss that nobody released    | hold        |
 * | valid         | any                            | enabled                   | the brake holds losses         | drop        |
 * | valid         | any                            | changed by others, which is only reported | any            | drift       |
 * | valid         | asks, or was applied otherwise | as the file says          | any                            | keep        |
 * | valid         | was applied as the file says   | as the file says          | any                            | applied     |
 */
export function decideAttributes(facts: AttributesFacts): Decision {
  const { file, entry, configured, isListed } = facts
  const isThere = typeof file !== 'string'
  if (!isThere && isListed) return { do: 'drop' }
  const asked = entry?.asked
  if (!isThere && asked === undefined) return leave(facts)
  if (configured?.status === 'CREATION_IN_PROGRESS') return { tell: 'in progress' }
  if (asked && configured?.status === 'ENABLED' && isSameAttributes(asked.attributes, configured.attributes))
    return { do: 'note', asked, applied: recordApplied(entry?.applied, asked) }
  return isThere ? approach(file, facts) : leave(facts)
}

function leave({ file, entry }: AttributesFacts): Decision {
  if (file === 'invalid') return { tell: 'invalid' }
  return entry ? { do: 'give up' } : { tell: 'nothing' }
}

function approach(wanted: readonly Attribute[], facts: AttributesFacts): Decision {
  const { entry, configured, onDrift, released, isListed } = facts
  const { applied, asked } = entry ?? {}
  const actual = configured?.status === 'CREATION_FAILED' ? (asked?.before ?? applied) : (configured?.attributes ?? [])
  if (actual === undefined) return { tell: 'failed' }
  const steps = planAttributes({ wanted, actual, owned: entry, onDrift })
  const losses = steps.filter(isLoss).map(describeAttributeStep)
  const held = losses.filter((loss) => !released.has(loss))
  const going = steps.filter((one) => one.step !== 'report' && !held.includes(describeAttributeStep(one)))
  const attributes = [...applySteps(actual, going)]
  if (configured?.status !== 'ENABLED' || !isSameAttributes(attributes, actual)) {
    const taken = losses.filter((loss) => released.has(loss))
    return { do: 'ask', attributes, before: [...(asked?.before ?? actual)], losses, taken, steps, held }
  }
  const drift = steps.filter(({ step }) => step === 'report').map(describeAttributeStep)
  if (held.length > 0) return { do: 'hold', losses, drift, steps, held }
  if (isListed) return { do: 'drop' }
  if (drift.length > 0) return { tell: 'drift', drift, steps, held }
  const isKept = asked === undefined && applied !== undefined && isSameAttributes(applied, wanted)
  return isKept ? { tell: 'applied' } : { do: 'keep' }
}
