import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { MemoryIdentityStore } from '../../../shared/memory/identity-store/memory-identity-store.ts'
import type { MemoryEventBus } from '../../../shared/memory/memory-event-bus.ts'
import type { MemorySecrets } from '../../../shared/memory/memory-secrets.ts'
import type { MemoryOrganizations } from '../../../shared/memory/organizations/memory-organizations.ts'
import { Refusal, type RefusalDetails } from '../../../shared/memory/refusal.ts'
import type { MemorySsoAdmin } from '../../../shared/memory/sso-admin/memory-sso-admin.ts'
import { permissionSetsMost } from '../../../shared/memory/sso-admin/permission-set-definitions.ts'
import { permissionSetsPerAccountMost } from '../../../shared/memory/sso-admin/sso-admin-rules.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import type { ApiCall } from '../events/api-call.ts'
import { breakConnection } from '../faults/add-faults.ts'
import { typeOf } from '../faults/render-refusal.ts'
import { localAccountId, localRegion } from '../local-account.ts'
import { parseBody } from '../parse-body.ts'
import { identityStoreOperations } from './identity-store-service.ts'
import { ConstraintFault, type JsonOperation, operation, renderOutput, SerializationFault } from './json-operation.ts'
import { organizationsOperations } from './organizations-service.ts'
import { recordCall } from './record-call.ts'
import { ssoAdminOperations } from './sso-admin-service.ts'
import { taggingOperations } from './tagging-service.ts'

export type JsonServices = {
  readonly ssoAdmin: MemorySsoAdmin
  readonly identityStore: MemoryIdentityStore
  readonly organizations: MemoryOrganizations
  /** The delegated administrator of IAM Identity Center, for Organizations' answers; absent: there is none. */
  readonly delegatedAdministrator?: string | undefined
  /** Whether the caller of the present request is in the management account; absent: always. */
  readonly isInManagementAccount?: (() => boolean) | undefined
  /** Sends outcomes. Absent: none are sent. */
  readonly outcomes?: Telling | undefined
}

type Telling = { readonly bus: MemoryEventBus; readonly secrets: MemorySecrets }

export type CallRecorder = { readonly clock: Clock; readonly onCall: (call: ApiCall) => void }

type Service = {
  /** CloudTrail's name for it; absent: its calls are not recorded. */
  readonly recordedAs?: ApiCall['service']
  readonly operations: Readonly<Record<string, JsonOperation>>
  /** The service's error code for an input that breaks its model's constraints. */
  readonly constraintCode: string
}

type Answer =
  | { readonly status: number; readonly body: string }
  /** The connection breaks instead, so the caller cannot know whether the call took effect. */
  | 'no answer'

const contentType = 'application/x-amz-json-1.1'

/**
 * Serves SSO Admin, Identity Store, Organizations and the quotas on an app. It answers each POST whose X-Amz-Target names one of them,
 * whatever its path, before the regular route. Other requests pass untouched. `recorder` gets every call to SSO Admin, Organizations and
 * Identity Store that changes something, or tried to, before its answer.
 */
export function addJsonServices(app: FastifyInstance, models: JsonServices, recorder?: CallRecorder): void {
  const { organizations, delegatedAdministrator, isInManagementAccount = () => true, outcomes } = models
  const services = Object.entries<Service>({
    SWBExternalService: {
      recordedAs: 'sso',
      operations: ssoAdminOperations(models.ssoAdmin),
      constraintCode: 'ValidationException',
    },
    AWSIdentityStore: {
      recordedAs: 'identitystore',
      operations: identityStoreOperations(models.identityStore),
      constraintCode: 'ValidationException',
    },
    AWSOrganizationsV20161128: {
      recordedAs: 'organizations',
      operations: organizationsOperations(organizations, delegatedAdministrator),
      constraintCode: 'InvalidInputException',
    },
    ResourceGroupsTaggingAPI_20170126: {
      operations: taggingOperations(organizations, isInManagementAccount),
      constraintCode: 'InvalidParameterException',
    },
    ServiceQuotasV20190624: { operations: serviceQuotasOperations, constraintCode: 'IllegalArgumentException' },
    ...(outcomes && {
      AWSEvents: { operations: eventBridgeOperations(outcomes.bus), constraintCode: 'ValidationException' },
      secretsmanager: {
        operations: secretsManagerOperations(outcomes.secrets),
        constraintCode: 'InvalidParameterException',
      },
    }),
  })
  const byPrefix = new Map(services)
  app.addHook('preHandler', async (request, reply) => {
    const [prefix = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.')
    const service = byPrefix.get(prefix)
    if (request.method !== 'POST' || service === undefined) return
    const answer = await answerCall(service, operation, request.body)
    if (service.recordedAs !== undefined && answer !== 'no answer' && Object.hasOwn(service.operations, operation)) {
      const userAgent = request.headers['user-agent'] ?? ''
      const answered = { operation, userAgent, body: request.body, answer }
      const call = recorder && recordCall(service.recordedAs, answered, recorder.clock.now())
      if (call !== undefined) recorder?.onCall(call)
    }
    if (answer === 'no answer') return breakConnection(reply)
    return reply
      .code(answer.status)
      .header('content-type', contentType)
      .header('x-amzn-requestid', randomUUID())
      .send(Buffer.from(answer.body)) // a string would get `; charset=utf-8`, which AWS does not send
  })
}

async function answerCall(service: Service, operation: string, body: unknown): Promise<Answer> {
  const { operations, constraintCode } = service
  const call = Object.hasOwn(operations, operation) ? operations[operation] : undefined
  if (call === undefined) return renderError('UnknownOperationException', `Unknown operation ${operation}`)
  try {
    return { status: 200, body: renderOutput(await call(parseJson(body))) }
  } catch (error) {
    if (error instanceof SerializationFault) return renderError('SerializationException', error.message)
    if (error instanceof ConstraintFault) return renderError(constraintCode, error.message)
    if (error instanceof ServiceError && error.code === 'NoAnswer') return 'no answer'
    if (error instanceof Refusal) return renderError(error.code, error.message, error.details)
    if (error instanceof ServiceError) return renderError(error.code, error.message)
    throw error
  }
}

function parseJson(body: unknown): unknown {
  try {
    return parseBody(body)
  } catch (cause) {
    throw new SerializationFault('The request body is not valid JSON.', { cause })
  }
}

// HTTP 400 for every error that the caller can do something about. (IAM Identity Center API Reference, "Common Errors".)
const serverFaults = ['InternalServerException', 'ServiceException', 'InternalFailure']

function renderError(code: string, message: string, details: RefusalDetails = {}): Answer {
  return {
    status: serverFaults.includes(code) ? 500 : 400,
    body: JSON.stringify({ ...typeOf(code), Message: message, ...details }),
  }
}

const entry = z.object({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  EventBusName: z.string().optional(),
  /** Epoch seconds, the form of instants in AWS's JSON protocols. */
  Time: z
    .number()
    .transform((seconds) => new Date(seconds * 1000))
    .optional(),
})

/** EventBridge for AWS's clients that put events: PutEvents of `AWSEvents`. Rules belong to a deployment, not to the local system. */
function eventBridgeOperations(bus: MemoryEventBus): Readonly<Record<string, JsonOperation>> {
  return {
    PutEvents: operation({ Entries: z.array(entry) }, async ({ Entries }) => {
      const results = bus.putEvents(Entries)
      return { Entries: results, FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length }
    }),
  }
}

const name = z.string().min(1).max(512)
const value = z.string().min(1).max(65_536)

/** The parts of Secrets Manager that a person and the product need for a webhook. */
function secretsManagerOperations(secrets: MemorySecrets): Readonly<Record<string, JsonOperation>> {
  return {
    CreateSecret: operation({ Name: name, SecretString: value }, async ({ Name, SecretString }) => ({
      ARN: secrets.create(Name, SecretString),
      Name,
    })),
    PutSecretValue: operation({ SecretId: name, SecretString: value }, async ({ SecretId, SecretString }) => ({
      ARN: secrets.put(SecretId, SecretString),
    })),
    GetSecretValue: operation({ SecretId: name }, async ({ SecretId }) => {
      const found = secrets.get(SecretId)
      return { ARN: found.arn, Name: found.name, SecretString: found.value }
    }),
  }
}

/** The quotas that the models keep, and AWS's documented number of accounts. */
const quotas = [
  { code: 'L-B44C7A29', name: 'Number of permission sets allowed in IAM Identity Center', value: permissionSetsMost },
  {
    code: 'L-89954265',
    name: 'Number of provisioned permission sets allowed per AWS account',
    value: permissionSetsPerAccountMost,
  },
  { code: 'L-0299121C', name: 'Number of AWS accounts or applications', value: 7_000 },
]

/** The quotas of IAM Identity Center for AWS's clients: ListServiceQuotas of `ServiceQuotasV20190624`. */
const serviceQuotasOperations: Readonly<Record<string, JsonOperation>> = {
  ListServiceQuotas: operation({ ServiceCode: z.string().min(1).max(63) }, async ({ ServiceCode }) => {
    if (ServiceCode !== 'sso')
      throw new Refusal(
        'service-quotas',
        'NoSuchResourceException',
        'The request failed because the specified service does not exist.',
      )
    return {
      Quotas: quotas.map(({ code, name, value }) => ({
        ServiceCode,
        ServiceName: 'AWS IAM Identity Center',
        QuotaArn: `arn:aws:servicequotas:${localRegion}:${localAccountId}:${ServiceCode}/${code}`,
        QuotaCode: code,
        QuotaName: name,
        Value: value,
        Unit: 'None',
        Adjustable: true,
        GlobalQuota: false,
      })),
    }
  }),
}
