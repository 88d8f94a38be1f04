import type { Call } from '../chaos.ts'

/** Who may start something: the dispatcher that wrote the lease last, whether it has released it or not. */
export class LeaseWatch {
  #writer: string | undefined

  noteWritten(process: string): void {
    this.#writer = process
  }

  /** Why this process may not make this call to SSO Admin: another one has had the lease since. */
  complain(process: string, { operation }: Call): string | undefined {
    const isReading = /^(list|describe|get|instance)/.test(operation)
    if (isReading || this.#writer === undefined || this.#writer === process) return undefined
    return `${process} sends ${operation}, although ${this.#writer} has taken the lease`
  }
}
