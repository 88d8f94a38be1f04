import { ServiceError, type ServiceName } from '../ports/service-error.ts'

/** Members that AWS puts into an error's body besides its type and message, for instance `RetryAfterSeconds`. */
export type RefusalDetails = Readonly<Record<string, string | number>>

/** A model throws this for the error that its service would answer. */
export class Refusal extends ServiceError {
  readonly details: RefusalDetails

  constructor(service: ServiceName, code: string, message: string, details: RefusalDetails = {}) {
    super(service, code, message)
    this.details = details
  }
}
