import type { FastifyInstance } from 'fastify'
import type { MemoryIam } from '../../../shared/memory/iam/memory-iam.ts'
import { arnOfSession, type PersonSessions, principalIdOf } from '../../../shared/memory/iam/person-sessions.ts'
import type { MemoryTopic } from '../../../shared/memory/memory-topic.ts'
import { Refusal } from '../../../shared/memory/refusal.ts'
import { stableUuid } from '../../../shared/memory/stable-id.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { signerOf } from '../request-signer.ts'
import type { XmlMembers } from '../s3/xml-text.ts'
import { iamOperations } from './iam-service.ts'
import { type QueryService, queryCallOf } from './query-call.ts'
import type { QueryOperation } from './query-operation.ts'
import { renderQueryAnswer, renderQueryError } from './render-query-answer.ts'

/**
 * Serves STS, IAM and SNS on an app, in their query protocol. `accountOf`: the calling account of an access key id, unless AssumeRole
 * issued it.
 */
export function addQueryServices(
  app: FastifyInstance,
  {
    iam,
    sessions,
    topic,
    accountOf,
  }: {
    readonly iam: MemoryIam
    /** Absent: nobody signs in. */
    readonly sessions?: PersonSessions
    /** Absent: there are no mails of outcomes. */
    readonly topic?: MemoryTopic
    readonly accountOf: (accessKeyId: string) => string
  },
): void {
  const operations: Readonly<Record<QueryService, Readonly<Record<string, QueryOperation>>>> = {
    sts: stsOperations(iam, sessions),
    iam: iamOperations(iam),
    sns: topic === undefined ? {} : snsOperations(topic),
  }
  app.addHook('preHandler', async (request, reply) => {
    const call = queryCallOf(request)
    if (call === undefined) return
    const { service, operation, input } = call
    const own = operations[service]
    const answer = Object.hasOwn(own, operation) ? own[operation] : undefined
    if (answer === undefined) return renderQueryError({ service, code: 'InvalidAction', message: operation }, reply)
    const accessKeyId = signerOf(request)?.accessKeyId ?? 'unsigned'
    try {
      const account = (sessions?.of(accessKeyId) ?? iam.sessionOf(accessKeyId))?.account ?? accountOf(accessKeyId)
      return renderQueryAnswer(call, answer(input, { accessKeyId, account }), reply)
    } catch (error) {
      if (error instanceof ServiceError) return renderQueryError({ ...error, service, message: error.message }, reply)
      throw error
    }
  })
}

/** Credentials of a role session. */
export function describeCredentials(accessKeyId: string, expiresAt: Date): XmlMembers {
  const SessionToken = `local ${accessKeyId}`
  return { AccessKeyId: accessKeyId, SecretAccessKey: 'local', SessionToken, Expiration: expiresAt }
}

/** SNS for the product: Publish to the topic of notifications, with the receiver as an attribute. */
function snsOperations(topic: MemoryTopic): Readonly<Record<string, QueryOperation>> {
  return {
    Publish({ TopicArn = '', Subject: subject = '', Message: text = '', ...others }) {
      topic.publish(TopicArn, { receiver: attributeOf(others, 'receiver'), subject, text })
      return { MessageId: stableUuid(text) }
    },
  }
}

/** `MessageAttributes.entry.1.Name`, `MessageAttributes.entry.1.Value.StringValue`. (SNS API Reference, "Publish".) */
function attributeOf(input: Readonly<Record<string, string>>, name: string): string {
  const [field = ''] = Object.entries(input).find(([key, value]) => key.endsWith('.Name') && value === name) ?? []
  return input[field.replace(/\.Name$/, '.Value.StringValue')] ?? ''
}

/** STS API Reference, "GetCallerIdentity" and "AssumeRole". fauxqs would always answer the account of its queues. */
function stsOperations(iam: MemoryIam, sessions: PersonSessions | undefined): Readonly<Record<string, QueryOperation>> {
  return {
    GetCallerIdentity(_, { accessKeyId, account }) {
      const person = sessions?.of(accessKeyId)
      if (person !== undefined)
        return { Arn: arnOfSession(person), UserId: principalIdOf(person), Account: person.account }
      const session = iam.sessionOf(accessKeyId)
      const [role, name] = session ? [session.roleName, session.sessionName] : [accessKeyId, 'local']
      return {
        Arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
        UserId: `${accessKeyId}:${name}`,
        Account: account,
      }
    },
    AssumeRole({ RoleArn = '', RoleSessionName = '' }) {
      if (RoleArn === '' || RoleSessionName === '')
        throw new Refusal('sts', 'ValidationError', 'RoleArn and RoleSessionName must not be null')
      const { account, roleName, sessionName, accessKeyId, expiresAt } = iam.assumeRole(RoleArn, RoleSessionName)
      return {
        Credentials: describeCredentials(accessKeyId, expiresAt),
        AssumedRoleUser: {
          Arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`,
          AssumedRoleId: `${accessKeyId}:${sessionName}`,
        },
      }
    },
  }
}
