/** A webhook did not accept a message. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError'
  /** How long to wait, if the webhook says so. */
  readonly retryAfterSeconds: number | undefined

  constructor(message: string, options: ErrorOptions & { readonly retryAfterSeconds?: number | undefined } = {}) {
    super(message, options)
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** The ways to people. */
export interface Channels {
  /** Sends to the mail addresses of this receiver. Throws ServiceError (`sns`). */
  mail(receiver: string, message: { readonly subject: string; readonly text: string }): Promise<void>
  /** Posts to the URL in this secret. Throws WebhookError, or ServiceError (`secretsmanager`). */
  post(secretArn: string, body: string): Promise<void>
}
