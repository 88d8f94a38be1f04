import { ServiceError, type ServiceName } from '../ports/service-error.ts'

/** Members that AWS puts into an error's body besides its type and message, for instance `RetryAfterSeconds`. */
export type RefusalDetails = Readonly<Record<string, string | number>>

/** What a model throws when the service it stands for would answer with an error. */
export class Refusal extends ServiceError {
  readonly details: RefusalDetails

  constructor(service: ServiceName, code: string, message: string, details: RefusalDetails = {}) {
    super(service, code, message)
    this.details = details
  }
}
