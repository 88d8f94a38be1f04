import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { alarmBus, alarmBusArn } from '../../../shared/domain/account-facts/break-glass-names.ts'
import { breakGlassFileSchema, toBreakGlass } from '../../../shared/domain/files/break-glass-file.ts'
import type { MemorySecrets } from '../../../shared/memory/memory-secrets.ts'
import { ruleStates } from '../../../shared/modules/break-glass/rules/alarm-rules.ts'
import type { RenderedRole } from '../../../shared/modules/break-glass/rules/render-role.ts'
import { isServiceError, ServiceError } from '../../../shared/ports/service-error.ts'
import { addToggle } from '../add-toggle.ts'
import { describeCredentials } from '../query-services/add-query-services.ts'
import type { QueryService } from '../query-services/query-call.ts'
import { renderQueryAnswer, renderQueryError } from '../query-services/render-query-answer.ts'
import { signerOf } from '../request-signer.ts'
import { type XmlMembers, xmlMap, xmlMembers } from '../s3/xml-text.ts'
import { parseBody } from '../sessions/add-person-sessions.ts'
import { type BreakGlassCall, breakGlassCallOf, resourceOf } from './break-glass-call.ts'
import { iamAnswers } from './iam-answers.ts'
import type { BreakGlassSession, LocalBreakGlass } from './local-break-glass.ts'
import type { OpenedBreakGlass } from './open-break-glass.ts'

const signIn = z.strictObject({
  user: z.string(),
  password: z.string(),
  newPassword: z.string().optional(),
  code: z.string().optional(),
})
const rulePlace = z.object({ account: z.string(), rule: z.string() })
const ruleState = z.object({ state: z.enum(ruleStates).default('DISABLED') })
const userChange = z.strictObject({ boundary: z.string().optional(), password: z.literal('none').optional() })
const place = z.object({ account: z.string(), role: z.string() })

/**
 * `PUT /_ssofile/break-glass` deploys the definition in its body, as its stacks would; first passwords are in Secrets Manager.
 * `GET`: the mails so far. `POST /_ssofile/sign-in` `{ user, password, newPassword?, code? }` is what `aws login` does.
 * `PUT /_ssofile/break-glass/users/<name>?boundary=<ARN>` gives a user a permissions boundary; `?password=none` deletes the password.
 * `PUT /_ssofile/accounts/<id>/break-glass-roles/<role>?trust=anybody` changes a role by hand; `DELETE` deletes it.
 * `PUT /_ssofile/accounts/<id>/break-glass-rules/<rule>` switches a rule off (`?state=…`: to that state); `DELETE` deletes it.
 */
export function addBreakGlass(app: FastifyInstance, opened: OpenedBreakGlass, secrets: MemorySecrets): void {
  const { model } = opened
  app.put('/_ssofile/break-glass', async (request, reply) => {
    const read = breakGlassFileSchema.safeParse(parseBody(request.body))
    if (!read.success)
      return reply.code(400).send({ expected: 'a break-glass file', received: z.prettifyError(read.error) })
    for (const [responder, password] of model.deploy(toBreakGlass(read.data)))
      secrets.create(`break-glass-${responder}`, password)
    return reply.code(204).send()
  })
  app.get('/_ssofile/break-glass', async () => ({ mails: model.trail.mails() }))
  app.post('/_ssofile/sign-in', async (request, reply) => {
    const asked = signIn.safeParse(parseBody(request.body))
    if (!asked.success) return reply.code(400).send({ expected: '{ user, password, newPassword?, code? }' })
    const { newPassword, code, ...named } = asked.data
    const said = { ...named, ...(newPassword && { newPassword }), ...(code && { code }) }
    try {
      const session = model.signIn(said, { region: 'us-east-1', from: request.ip })
      return {
        accessKeyId: session.accessKeyId,
        secretAccessKey: 'local',
        sessionToken: `local ${session.accessKeyId}`,
      }
    } catch (error) {
      if (isServiceError(error)) return reply.code(403).send({ message: error.message })
      throw error
    }
  })
  app.put('/_ssofile/break-glass/users/:name', async (request, reply) => {
    const { name } = z.object({ name: z.string() }).parse(request.params)
    const { boundary, password } = userChange.parse(request.query)
    if (boundary !== undefined) model.users.change(name, { permissionsBoundary: boundary })
    if (password !== undefined) model.users.change(name, { password: undefined })
    return reply.code(204).send()
  })
  const path = '/_ssofile/accounts/:account/break-glass-roles/:role'
  const change = (request: FastifyRequest, to: (role: RenderedRole) => RenderedRole | undefined) => {
    const { account, role } = place.parse(request.params)
    const found = model.rolesIn(account).find(({ name }) => name === role)
    if (found !== undefined) model.changeRole(account, role, to(found))
    return found !== undefined
  }
  app.put(path, async (request, reply) => {
    const anybody = { Sid: 'Anybody', Effect: 'Allow', Principal: { AWS: ['*'] }, Action: ['sts:AssumeRole'] } as const
    const isThere = change(request, (role) => ({ ...role, trust: { ...role.trust, Statement: [anybody] } }))
    return reply.code(isThere ? 204 : 404).send()
  })
  app.delete(path, async (request, reply) => reply.code(change(request, () => undefined) ? 204 : 404).send())
  addToggle(app, '/_ssofile/accounts/:account/break-glass-rules/:rule', rulePlace, {
    put: ({ account, rule }, query) => model.changeRule(account, rule, ruleState.parse(query).state),
    remove: ({ account, rule }) => model.changeRule(account, rule, undefined),
  })
  app.addHook('preValidation', async (request, reply) => {
    const call = breakGlassCallOf(request)
    return call && new Serving(opened, request, reply).serve(call)
  })
}

/** Answers one call; `undefined`: another model answers it. */
class Serving {
  readonly #model: LocalBreakGlass
  readonly #accountOf: OpenedBreakGlass['accountOf']
  readonly #reply: FastifyReply
  readonly #accessKeyId: string
  readonly #origin: { readonly region: string; readonly from: string }

  constructor({ model, accountOf }: OpenedBreakGlass, request: FastifyRequest, reply: FastifyReply) {
    const { accessKeyId = 'unsigned', region = 'us-east-1' } = signerOf(request) ?? {}
    this.#model = model
    this.#accountOf = accountOf
    this.#reply = reply
    this.#accessKeyId = accessKeyId
    this.#origin = { region, from: request.ip }
  }

  serve(call: BreakGlassCall): FastifyReply | undefined {
    const session = this.#model.sessionOf(this.#accessKeyId)
    try {
      if (session !== undefined) this.#admit(session, call)
      return this.#answer(call, session)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      return this.#refuse(call.service, error.code, error.message)
    }
  }

  /** Throws if the credentials have expired, or their policies do not allow the call; CloudTrail records both. */
  #admit(session: BreakGlassSession, call: BreakGlassCall): void {
    const { service, operation, input } = call
    const model = this.#model
    if (model.isExpired(session))
      throw new ServiceError('sts', 'ExpiredToken', 'The security token included in the request is expired')
    if (service === 'sts') return
    const principal = model.principalOf(session)
    const own = (name = session.user) =>
      model.users.all().find((user) => user.name === name)?.arn ?? `arn:aws:iam::${session.account}:user/${name}`
    const request = {
      principal,
      action: `${service}:${operation}`,
      resource: resourceOf(call, session.account, own),
      context: model.contextOf(session, this.#origin.region),
    }
    const verdict = model.judge(session, request)
    const errorCode = verdict === 'allowed' ? undefined : 'AccessDenied'
    const userName = input.UserName ?? (service === 'iam' && session.role === undefined ? session.user : undefined)
    const requestParameters = userName === undefined ? null : { userName }
    model.record(service, operation, { name: session.user, ...this.#origin, requestParameters, errorCode, session })
    if (errorCode === undefined) return
    const because =
      verdict === 'denied'
        ? 'with an explicit deny in an identity-based policy'
        : 'because no identity-based policy allows it'
    throw new ServiceError(
      'iam',
      errorCode,
      `User: ${principal} is not authorized to perform: ${request.action} on resource: ${request.resource} ${because}`,
    )
  }

  #answer(call: BreakGlassCall, session: BreakGlassSession | undefined): FastifyReply | undefined {
    const { service, operation, input } = call
    const account = session?.account ?? this.#accountOf(this.#accessKeyId)
    if (service === 'sts') return session && this.#answerSts(session, call)
    if (service === 'ec2')
      return input.DryRun === 'true'
        ? this.#refuse(service, 'DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')
        : this.#refuse(service, 'UnsupportedOperation', 'There is no EC2 here, only its dry runs: --dry-run')
    if (service === 'cloudtrail') return this.#answerCloudTrail(call, account)
    if (service === 'events' && operation === 'DisableRule')
      return this.#refuse(
        service,
        'ResourceNotFoundException',
        `Rule ${input.Name} does not exist on EventBus default.`,
      )
    if (service === 'events' && (operation === 'ListRules' || operation === 'ListRuleNamesByTarget'))
      return this.#answerRules(call, account)
    if (service === 'events' && operation === 'DescribeEventBus') return this.#answerBus(call, account)
    if (service === 'sns' && operation === 'ListSubscriptionsByTopic')
      return this.#answerSubscriptions(input.TopicArn ?? '', account)
    if (service === 'sns' && operation === 'GetTopicAttributes') return this.#answerTopic(input.TopicArn ?? '', account)
    if (service === 'sns' && operation === 'GetSubscriptionAttributes')
      return this.#answerSubscription(input.SubscriptionArn ?? '', account)
    if (service !== 'iam') return undefined
    const answers = iamAnswers(this.#model)
    const answer = Object.hasOwn(answers, operation) ? answers[operation] : undefined
    const told = answer?.(input, { account, user: session?.role === undefined ? session?.user : undefined })
    return told === undefined ? undefined : this.#query('iam', operation, told)
  }

  #answerSts(session: BreakGlassSession, { operation, input }: BreakGlassCall): FastifyReply {
    const { user, account, role } = session
    if (operation === 'GetCallerIdentity') {
      const arn =
        role === undefined
          ? this.#model.principalOf(session)
          : `arn:aws:sts::${account}:assumed-role/${role.name}/${role.session}`
      return this.#query('sts', operation, { Arn: arn, UserId: `AIDA${user}`, Account: account })
    }
    if (operation !== 'AssumeRole')
      return this.#refuse('sts', 'AccessDenied', `not authorized to perform: sts:${operation}`)
    const { RoleArn = '', RoleSessionName = '', ...others } = input
    const { accessKeyId, expiresAt } = this.#model.assumeRole(
      session,
      { RoleArn, RoleSessionName, ...others },
      this.#origin,
    )
    const Credentials = describeCredentials(accessKeyId, expiresAt)
    return this.#query('sts', operation, { Credentials, SourceIdentity: user })
  }

  #answerCloudTrail({ service, operation, input }: BreakGlassCall, account: string): FastifyReply {
    if (operation !== 'LookupEvents')
      return this.#refuse(service, 'TrailNotFoundException', `Unknown trail: ${input.Name}`)
    const Events = this.#model.trail
      .events(account, this.#origin.region)
      .map(({ id, at, name, source, userName, detail }) => ({
        EventId: id,
        EventName: name,
        EventTime: at.getTime() / 1000,
        EventSource: source,
        Username: userName,
        CloudTrailEvent: JSON.stringify(detail),
      }))
    return this.#reply.type('application/x-amz-json-1.1').send(Buffer.from(JSON.stringify({ Events })))
  }

  #answerRules({ service, operation, input }: BreakGlassCall, account: string): FastifyReply {
    const { EventBusName: bus, NamePrefix = '', TargetArn } = input
    const isBus = bus === undefined || (this.#model.definition?.securityAccount === account && bus === alarmBus)
    if (!isBus) return this.#refuse(service, 'ResourceNotFoundException', `Event bus ${bus} does not exist.`)
    const rules = this.#model.rulesIn(account, this.#origin.region, bus)
    const answer =
      operation === 'ListRules'
        ? {
            Rules: rules
              .filter(({ name }) => name.startsWith(NamePrefix))
              .map(({ name, pattern, state }) => ({
                Name: name,
                EventPattern: JSON.stringify(pattern),
                State: state,
              })),
          }
        : { RuleNames: rules.filter(({ target }) => target === TargetArn).map(({ name }) => name) }
    return this.#reply.type('application/x-amz-json-1.1').send(Buffer.from(JSON.stringify(answer)))
  }

  /** Without a name, the default bus. A bus without permissions has no member `Policy`. */
  #answerBus(call: BreakGlassCall, account: string): FastifyReply {
    const { Name = 'default' } = call.input
    const bus = Name === alarmBus ? this.#model.busIn(account, this.#origin.region) : undefined
    if (bus === undefined)
      return this.#refuse(call.service, 'ResourceNotFoundException', `Event bus ${Name} does not exist.`)
    const answer = { Arn: alarmBusArn(account), Name, Policy: bus.policy }
    return this.#reply.type('application/x-amz-json-1.1').send(Buffer.from(JSON.stringify(answer)))
  }

  /** An unconfirmed subscription has no ARN. Here all are confirmed. */
  #answerSubscriptions(topic: string, account: string): FastifyReply {
    const found = this.#subscriptionsOf(topic, account)
    if (found === undefined) return this.#refuseSns('Topic does not exist')
    const member = found.map(({ arn, address }) => ({ SubscriptionArn: arn, Protocol: 'email', Endpoint: address }))
    return this.#query('sns', 'ListSubscriptionsByTopic', { Subscriptions: { member } })
  }

  /** A subscription without a filter policy has no such attribute. (SNS API Reference, "GetSubscriptionAttributes".) */
  #answerSubscription(arn: string, account: string): FastifyReply {
    const topic = arn.slice(0, arn.lastIndexOf(':'))
    const found = this.#subscriptionsOf(topic, account)?.find((one) => one.arn === arn)
    if (found === undefined) return this.#refuseSns('Subscription does not exist')
    const attributes = {
      SubscriptionArn: arn,
      TopicArn: topic,
      Protocol: 'email',
      Endpoint: found.address,
      Owner: account,
      PendingConfirmation: 'false',
      ConfirmationWasAuthenticated: 'false',
      ...(found.filter === undefined ? {} : { FilterPolicy: found.filter, FilterPolicyScope: 'MessageAttributes' }),
    }
    return this.#answerAttributes('GetSubscriptionAttributes', attributes)
  }

  /** A topic that is not encrypted has no key. */
  #answerTopic(topicArn: string, account: string): FastifyReply {
    const found = this.#isHere(topicArn, account) ? this.#model.topicOf(topicArn) : undefined
    if (found === undefined) return this.#refuseSns('Topic does not exist')
    const { policy, key } = found
    const attributes = {
      TopicArn: topicArn,
      Owner: account,
      Policy: policy,
      ...(key === undefined ? {} : { KmsMasterKeyId: key }),
    }
    return this.#answerAttributes('GetTopicAttributes', attributes)
  }

  #answerAttributes(operation: string, attributes: Readonly<Record<string, string>>): FastifyReply {
    return this.#query('sns', operation, { Attributes: xmlMap(attributes) })
  }

  #refuseSns(message: string): FastifyReply {
    return this.#refuse('sns', 'NotFound', message)
  }

  #subscriptionsOf(topicArn: string, account: string) {
    return this.#isHere(topicArn, account) ? this.#model.subscriptionsOf(topicArn) : undefined
  }

  #isHere(topicArn: string, account: string): boolean {
    const [, , , region, owner] = topicArn.split(':')
    return region === this.#origin.region && owner === account
  }

  #query(service: QueryService, operation: string, result: XmlMembers): FastifyReply {
    return renderQueryAnswer({ service, operation }, result, this.#reply)
  }

  #refuse(service: BreakGlassCall['service'], code: string, message: string): FastifyReply {
    if (service === 'iam' || service === 'sts' || service === 'sns')
      return renderQueryError({ service, code, message }, this.#reply)
    if (service === 'ec2') {
      const denied = code === 'AccessDenied' ? 'UnauthorizedOperation' : code
      const members = { Errors: { Error: { Code: denied, Message: message } }, RequestID: randomUUID() }
      const status = code === 'AccessDenied' ? 403 : code === 'DryRunOperation' ? 412 : 400
      return this.#reply
        .code(status)
        .type('text/xml')
        .send(xmlMembers({ Response: members }))
    }
    const type = code === 'AccessDenied' ? 'AccessDeniedException' : code
    if (service === 's3')
      return this.#reply
        .code(403)
        .type('application/xml')
        .send(xmlMembers({ Error: { Code: code, Message: message } }))
    return this.#reply
      .code(400)
      .type('application/x-amz-json-1.1')
      .send(Buffer.from(JSON.stringify({ __type: type, Message: message })))
  }
}
