import type { Attribute, AttributeConfiguration as Configured } from '../../domain/attributes/attributes-file.ts'
import { sortAttributes } from '../../domain/attributes/attributes-file.ts'
import { conflict, conflictingOperation, invalid, notFound } from './sso-admin-refusals.ts'

/** The last request. Its outcome is an instant, not a timer, so it outlives the process. */
type AskedAttributes = {
  readonly attributes: readonly Attribute[]
  readonly dueAt: Date
  readonly failureReason?: string | undefined
}

const attributesMost = 50
const only = 'attributes'

/** The attributes for access control of one instance. A change takes a while, and may fail; meanwhile every other is refused. */
export class AttributeConfiguration {
  readonly #table: Map<string, AskedAttributes>
  #failureReason: string | undefined

  constructor(table: Map<string, AskedAttributes>) {
    this.#table = table
  }

  describe(now: Date): Configured | undefined {
    const asked = this.#table.get(only)
    if (asked === undefined) return undefined
    const { attributes, dueAt, failureReason } = asked
    if (now < dueAt) return { status: 'CREATION_IN_PROGRESS', attributes }
    return failureReason === undefined
      ? { status: 'ENABLED', attributes }
      : { status: 'CREATION_FAILED', reason: failureReason, attributes }
  }

  create(attributes: readonly Attribute[], dueAt: Date): void {
    if (this.#table.has(only)) throw conflict('InstanceAccessControlAttributeConfiguration already exists.')
    this.set(attributes, dueAt)
  }

  update(attributes: readonly Attribute[], { now, dueAt }: { readonly now: Date; readonly dueAt: Date }): void {
    const configured = this.describe(now)
    if (configured === undefined) throw notFound('InstanceAccessControlAttributeConfiguration not found.')
    if (configured.status === 'CREATION_IN_PROGRESS') throw conflictingOperation()
    this.set(attributes, dueAt)
  }

  /** Deletes all attributes at once: sessions get none from now on. */
  delete(): void {
    if (!this.#table.delete(only)) throw notFound('InstanceAccessControlAttributeConfiguration not found.')
  }

  set(attributes: readonly Attribute[], dueAt: Date): void {
    if (attributes.length > attributesMost)
      throw invalid(`AccessControlAttributes must have at most ${attributesMost} members.`)
    if (new Set(attributes.map(({ key }) => key)).size < attributes.length)
      throw invalid('AccessControlAttributes has a Key more than once.')
    this.#table.set(only, { attributes: sortAttributes(attributes), dueAt, failureReason: this.#failureReason })
  }

  /** From now on each change fails for this reason; `undefined`: changes succeed again. */
  fail(reason: string | undefined): void {
    this.#failureReason = reason
  }
}
