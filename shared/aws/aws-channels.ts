import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { type Channels, WebhookError } from '../ports/channels.ts'
import type { Clock } from '../ports/clock.ts'
import { answerOf } from './answers.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'
import { SystemClock } from './system-clock.ts'

/** Slack and Teams answer within a second or two. */
const answerMostMs = 10_000

type ChannelsOptions = {
  readonly sns: SNSClient
  readonly secrets: SecretsManagerClient
  /** The topic whose subscriptions receive their receiver's messages. */
  readonly topicArn: string
  /** The `--time-scale` of a local system does not change this clock. */
  readonly clock: Clock
}

export function openAwsChannels(topicArn: string, endpoint?: AwsPortsOptions['endpoint']): Channels {
  const settings = clientSettings(endpoint)
  const clients = { sns: new SNSClient(settings), secrets: new SecretsManagerClient(settings) }
  return new AwsChannels({ ...clients, topicArn, clock: new SystemClock() })
}

/** Mail by SNS, and webhooks whose URLs are secrets; tries each call once. */
export class AwsChannels implements Channels {
  readonly #options: ChannelsOptions

  constructor(options: ChannelsOptions) {
    this.#options = options
  }

  async mail(receiver: string, { subject, text }: { readonly subject: string; readonly text: string }): Promise<void> {
    const { sns, topicArn: TopicArn } = this.#options
    const MessageAttributes = { receiver: { DataType: 'String', StringValue: receiver } }
    await answerOf(
      'sns',
      sns.send(new PublishCommand({ TopicArn, Subject: subject, Message: text, MessageAttributes })),
    )
  }

  async post(secretArn: string, body: string): Promise<void> {
    const url = await this.#urlOf(secretArn)
    const hanging = new AbortController()
    const answered = new AbortController()
    const waiting = this.#options.clock.sleep(answerMostMs, answered.signal).then(() => hanging.abort())
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body,
        signal: hanging.signal,
        // Send a message only to the URL in the secret, never to the target of a redirect.
        redirect: 'error',
      })
      await response.body?.cancel()
      if (response.ok) return
      const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
      throw new WebhookError(`the webhook answered HTTP ${response.status}`, {
        ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
      })
    } catch (error) {
      if (error instanceof WebhookError) throw error
      // Leave out the URL and the error's text, which may quote it: anybody with the URL can post.
      const told = hanging.signal.aborted ? `did not answer for ${answerMostMs / 1000} s` : 'cannot be reached'
      throw new WebhookError(`the webhook ${told}`)
    } finally {
      answered.abort()
      await waiting
    }
  }

  /** Read for each message, so that a new URL counts at once. Never put it into a message, a log or an error. */
  async #urlOf(secretArn: string): Promise<URL> {
    const call = this.#options.secrets.send(new GetSecretValueCommand({ SecretId: secretArn }))
    const { SecretString = '' } = await answerOf('secretsmanager', call)
    const url = URL.canParse(SecretString.trim()) ? new URL(SecretString.trim()) : undefined
    const isHere = url?.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(url.hostname)
    if (url === undefined || (url.protocol !== 'https:' && !isHere))
      throw new WebhookError('the value of the secret is not the https URL of a webhook')
    return url
  }
}
