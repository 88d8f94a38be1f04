/** The services of ssofile's daily work, by the names in AWS's own logs. */
export type WorkedService = 's3' | 'sqs' | 'sso-admin' | 'identitystore' | 'organizations'
/** Also the services of the auditor's role. */
export type AuditedService = WorkedService | 'sts' | 'iam' | 'access-analyzer'
/** The services that send notifications. */
type TellingService = 'events' | 'sns' | 'secretsmanager'
/** All services that functions call. */
export type CalledService = AuditedService | TellingService | 'account-access' | 'tagging'
/** Also the services that only `ssofile doctor` calls. */
export type ServiceName = CalledService | 'lambda' | 'service-quotas'

/**
 * Every port throws this if its service answers with an error or does not answer. `code`: AWS's own error code (`ThrottlingException`,
 * `NoSuchBucket`, …), or `NoAnswer` if there is no readable answer. `httpStatus`: `undefined` if there was no HTTP answer. Absence is never
 * an error: a port returns `undefined` for it.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly service: ServiceName
  readonly code: string
  readonly requestId: string | undefined
  readonly httpStatus: number | undefined

  constructor(
    service: ServiceName,
    code: string,
    message: string,
    options: { cause?: unknown; requestId?: string | undefined; httpStatus?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.service = service
    this.code = code
    this.requestId = options.requestId
    this.httpStatus = options.httpStatus
  }
}

/** Whether the error is a ServiceError with one of these codes. Without codes: any ServiceError. */
export function isServiceError<Code extends string>(
  error: unknown,
  ...codes: readonly Code[]
): error is ServiceError & { readonly code: Code } {
  return error instanceof ServiceError && (codes.length === 0 || codes.some((code) => code === error.code))
}

/** The answer of a call, or `undefined` if it throws a ServiceError with one of these codes. */
export async function unlessCode<T>(
  call: Promise<T>,
  ...codes: readonly [string, ...string[]]
): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isServiceError(error, ...codes)) return undefined
    throw error
  }
}

/** The answer of a service, or its error. */
export type Answer<T> = { readonly is: T } | { readonly error: ServiceError }

/** Throws errors that did not come from a service. */
export async function answerOrError<T>(call: Promise<T>): Promise<Answer<T>> {
  try {
    return { is: await call }
  } catch (error) {
    if (isServiceError(error)) return { error }
    throw error
  }
}

/**
 * The answer of a call, or the reason of its refusal, in AWS's words. Unread data is unknown: never treat it as empty. Throws errors that
 * may pass by themselves.
 */
export async function unlessUnread<T>(call: Promise<T>): Promise<{ readonly is: T } | { readonly unread: string }> {
  const answer = await answerOrError(call)
  if ('is' in answer) return answer
  if (isPassing(answer.error)) throw answer.error
  return { unread: answer.error.message }
}

/**
 * `not-now`: the service refused, nothing took effect, and the same call may succeed later. `refused`: the service refused, nothing took
 * effect, and it refuses the same call until something changes. `unknown`: the call may have taken effect, so read back.
 */
export type ErrorProof = 'not-now' | 'refused' | 'unknown'

/**
 * The proof in an error about its call. The first row that fits counts:
 *
 * | HTTP status    | code                                    | proof     |
 * | -------------- | --------------------------------------- | --------- |
 * | any or none    | throttling (SlowDown comes with 503)    | `not-now` |
 * | any or none    | a race of conditional writes in S3      | `not-now` |
 * | any or none    | a race of two changes in the identity store | `not-now` |
 * | 500 and above  | any other, known or not                 | `unknown` |
 * | 4xx or none    | a documented refusal                    | `refused` |
 * | any or none    | `NoAnswer`, or an unknown code          | `unknown` |
 *
 * A ConflictException is `refused`. Whether it passes depends on the operation, so the callers decide that.
 */
export function proofOf({ code, httpStatus = 0 }: ServiceError): ErrorProof {
  if (throttlings.has(code) || races.has(code)) return 'not-now'
  return httpStatus < 500 && refusals.has(code) ? 'refused' : 'unknown'
}

/**
 * Whether S3 refuses to return an object that exists: its uploader encrypted it with their own key (SSE-C: 400 InvalidRequest), or with a
 * KMS key that the caller may not use (403 AccessDenied, KMS.…), or it is archived (403 InvalidObjectState). S3 API Reference, "GetObject"
 * and "Error responses".
 */
export function isObjectRefusal(error: unknown): error is ServiceError {
  if (!isServiceError(error) || error.service !== 's3') return false
  const isRefused = proofOf(error) === 'refused'
  return isRefused && (objectRefusals.has(error.code) || error.code.startsWith('KMS.'))
}
const objectRefusals = new Set(['AccessDenied', 'InvalidObjectState', 'InvalidRequest'])

/** Whether the same call may succeed later although nothing changes. */
export function isPassing(error: unknown): boolean {
  return isServiceError(error) && proofOf(error) !== 'refused'
}

/**
 * The Reason of a ConflictException of the identity store: another request was changing the same user, group or membership. The other
 * Reason, UNIQUENESS_CONSTRAINT_VIOLATION, does not pass. (Identity Store API Reference, "ConflictException".)
 */
export const concurrentModification = 'CONCURRENT_MODIFICATION'

const races: ReadonlySet<string> = new Set([
  // S3 did not check the condition, because another write of the key was running. (S3 User Guide, "Conditional writes".)
  'ConditionalRequestConflict',
  concurrentModification,
])

// "Common Errors" and the error lists of each service's API Reference; S3 User Guide, "Error responses".
const throttlings = codes(`
  KMS.ThrottlingException KMS_THROTTLING KMS_THROTTLING_EXCEPTION KmsThrottled OverLimit RequestLimitExceeded
  RequestThrottled RequestThrottledException SlowDown ThrottledException Throttling ThrottlingException
  TooManyRequestsException`)

const refusals = codes(
  // Faults of the caller or the credentials, in any service.
  `AccessDenied AccessDeniedException AuthorizationHeaderMalformed ExpiredToken ExpiredTokenException
  IncompleteSignature IncompleteSignatureException InvalidAccessKeyId InvalidClientTokenId InvalidSecurity
  InvalidSignatureException InvalidToken MissingAuthenticationToken MissingAuthenticationTokenException NotAuthorized
  OptInRequired RequestExpired RequestTimeTooSkewed SignatureDoesNotMatch UnrecognizedClientException`,
  // Faults of the input, in any service.
  `InvalidAction InvalidArgument InvalidParameterValue InvalidRequest MissingParameter SerializationException
  UnknownOperationException ValidationError ValidationException`,
  // SSO Admin and the identity store. The KMS reasons come instead of ResourceNotFoundException.
  `ConflictException InstanceNotFound KMS_KEY_NOT_FOUND KMS_NOT_FOUND_EXCEPTION ResourceNotFoundException
  ServiceQuotaExceededException`,
  // Organizations.
  `AWSOrganizationsNotInUseException AccountNotFoundException ConstraintViolationException InvalidInputException
  OrganizationalUnitNotFoundException TargetNotFoundException UnsupportedAPIEndpointException`,
  // STS and IAM.
  `AccountNotManagementOrDelegatedAdministrator DeleteConflict NoSuchEntity PackedPolicyTooLarge RegionDisabledException`,
  // IAM Access Analyzer.
  `InvalidParameterException UnprocessableEntityException`,
  // S3.
  `AllAccessDisabled EntityTooLarge EntityTooSmall InvalidBucketName InvalidObjectState InvalidPart InvalidPartOrder
  InvalidURI
  KMS.DisabledException KMS.InvalidKeyUsageException KMS.KMSInvalidStateException KMS.NotFoundException KeyTooLongError
  MethodNotAllowed NoSuchBucket NoSuchKey NoSuchUpload NotFound PermanentRedirect PreconditionFailed`,
  // SQS.
  `BatchEntryIdsNotDistinct BatchRequestTooLong EmptyBatchRequest InvalidAddress InvalidBatchEntryId InvalidIdFormat
  InvalidMessageContents KmsAccessDenied KmsDisabled KmsInvalidKeyUsage KmsInvalidState KmsNotFound KmsOptInRequired
  MessageNotInflight QueueDoesNotExist ReceiptHandleIsInvalid TooManyEntriesInBatchRequest UnsupportedOperation`,
)

function codes(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.trim().split(/\s+/)))
}
