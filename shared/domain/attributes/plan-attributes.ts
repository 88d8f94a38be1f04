import { quote } from '../statuses/complaint.ts'
import {
  type Attribute,
  attributesMost,
  findAttribute,
  type OwnedAttributes,
  sortAttributes,
} from './attributes-file.ts'

export type AttributeFacts = {
  /** By the file. */
  readonly wanted: readonly Attribute[]
  /** In Identity Center. */
  readonly actual: readonly Attribute[]
  readonly owned: OwnedAttributes | undefined
  readonly onDrift: 'restore' | 'report'
}

/** `from`: the present source. `to`: the file's source. Never both absent. */
export type AttributeStep = {
  readonly key: Attribute['key']
  readonly from?: Attribute['source']
  readonly to?: Attribute['source']
  readonly step: 'add' | 'change' | 'remove' | 'restore' | 'report'
}

/**
 * The steps from the present attributes to those of the file, ascending by key. `applied`: ssofile applied the attribute and has not
 * asked to change it since, so any difference is somebody else's. Keys that differ only in capitals are one key (`findAttribute`); a step
 * then has the key of Identity Center.
 *
 * | the file has it | Identity Center has it | applied as in the file | then                                            |
 * | --------------- | ---------------------- | ---------------------- | ----------------------------------------------- |
 * | yes             | the same               | any                    | nothing                                         |
 * | yes             | no, or another source  | yes                    | `restore`, or `report` where onDrift says so    |
 * | yes             | no                     | no                     | `add`                                           |
 * | yes             | another source         | no                     | `change`: people lose what the old source gave  |
 * | no              | yes                    | any                    | `remove`                                        |
 */
export function planAttributes({ wanted, actual, owned, onDrift }: AttributeFacts): readonly AttributeStep[] {
  const kept = new Set(wanted.map(({ key }) => findAttribute(actual, key)?.key))
  const isApplied = ({ key, source }: Attribute) =>
    !isTouched(owned?.asked, key) && sourceOf(owned?.applied, key) === source
  const asked = wanted.flatMap((one): readonly AttributeStep[] => {
    const { key = one.key, source: from } = findAttribute(actual, one.key) ?? {}
    if (from === one.source) return []
    const step = { key, to: one.source, from }
    if (isApplied(one)) return [{ ...step, step: onDrift }]
    return [{ ...step, step: from === undefined ? 'add' : 'change' }]
  })
  const removed = actual.flatMap(({ key, source }): readonly AttributeStep[] =>
    kept.has(key) ? [] : [{ key, from: source, step: 'remove' }],
  )
  return [...asked, ...removed].sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** The applied attributes after Identity Center carried out a request. Attributes outside the request stay as recorded. */
export function recordApplied(
  applied: readonly Attribute[] = [],
  asked: NonNullable<OwnedAttributes['asked']>,
): readonly Attribute[] {
  const kept = applied.filter(({ key }) => !isTouched(asked, key))
  return sortAttributes([...kept, ...asked.attributes.filter(({ key }) => findAttribute(kept, key) === undefined)])
}

function isTouched(asked: OwnedAttributes['asked'], key: Attribute['key']): boolean {
  return asked !== undefined && sourceOf(asked.before, key) !== sourceOf(asked.attributes, key)
}

function sourceOf(attributes: readonly Attribute[] = [], key: Attribute['key']): Attribute['source'] | undefined {
  return findAttribute(attributes, key)?.source
}

/** A loss waits for a person. */
export function isLoss({ step }: AttributeStep): boolean {
  return step === 'change' || step === 'remove'
}

/**
 * For a person, and as the brake's item: a release covers exactly this text. Keys and sources have no `'`, so no two changes have the
 * same text.
 */
export function describeAttributeStep({ key, from, to, step }: AttributeStep): string {
  const named = (text: string) => `'${quote(text, 256)}'`
  if (to === undefined) return `remove ${named(key)}, which now comes from ${named(from ?? '')}`
  if (from === undefined) return `add ${named(key)} from ${named(to)}`
  return `${step === 'change' ? 'change' : 'restore'} ${named(key)} from ${named(from)} to ${named(to)}`
}

/**
 * The attributes after these steps. If there is no room for additions beside the held ones, they wait: AWS takes all or nothing.
 */
export function applySteps(actual: readonly Attribute[], steps: readonly AttributeStep[]): readonly Attribute[] {
  const withSteps = (taken: readonly AttributeStep[]) => {
    const next = new Map(actual.map(({ key, source }) => [key, source]))
    for (const { key, to } of taken)
      if (to === undefined) next.delete(key)
      else next.set(key, to)
    return sortAttributes([...next].map(([key, source]) => ({ key, source })))
  }
  const whole = withSteps(steps)
  return whole.length <= attributesMost ? whole : withSteps(steps.filter(({ from }) => from !== undefined))
}

export function isSameAttributes(one: readonly Attribute[], other: readonly Attribute[]): boolean {
  return one.length === other.length && one.every(({ key, source }) => sourceOf(other, key) === source)
}
