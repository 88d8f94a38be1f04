import { Refusal } from './refusal.ts'
import { stableHex } from './stable-id.ts'
import type { OpenTable } from './table.ts'

/** The secrets of one account and Region, found by name or ARN. */
export class MemorySecrets {
  readonly #arnPrefix: string
  readonly #values: Map<string, string>

  constructor({ openTable, region, account }: { openTable: OpenTable; region: string; account: string }) {
    this.#arnPrefix = `arn:aws:secretsmanager:${region}:${account}:secret:`
    this.#values = openTable('secrets')
  }

  /** Adds six characters to the name, like Secrets Manager. (Secrets Manager API Reference, "CreateSecret".) */
  arnOf(name: string): string {
    return `${this.#arnPrefix}${name}-${stableHex(name, 6)}`
  }

  create(name: string, value: string): string {
    if (this.#values.has(name))
      throw new Refusal(
        'secretsmanager',
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      )
    this.#values.set(name, value)
    return this.arnOf(name)
  }

  put(secretId: string, value: string): string {
    const name = this.#nameOf(secretId)
    this.#values.set(name, value)
    return this.arnOf(name)
  }

  get(secretId: string): { readonly name: string; readonly arn: string; readonly value: string } {
    const name = this.#nameOf(secretId)
    return { name, arn: this.arnOf(name), value: this.#values.get(name) ?? '' }
  }

  #nameOf(secretId: string): string {
    const found = [...this.#values.keys()].find((name) => name === secretId || this.arnOf(name) === secretId)
    if (found !== undefined) return found
    throw new Refusal('secretsmanager', 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
  }
}
