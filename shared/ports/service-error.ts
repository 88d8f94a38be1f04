/** The services that ssofile works with, by the names that AWS's own logs use. */
export type WorkedService = 's3' | 'sqs' | 'sso-admin' | 'identitystore' | 'organizations'
/** With those that the auditor's role is for. */
export type AuditedService = WorkedService | 'sts' | 'iam' | 'access-analyzer'
/** The services by which outcomes are told. */
type TellingService = 'events' | 'sns' | 'secretsmanager'
/** All that functions call. */
export type CalledService = AuditedService | TellingService | 'account-access'
/** With those that only `ssofile doctor` asks. */
export type ServiceName = CalledService | 'lambda' | 'service-quotas'

/**
 * What every port throws when its service answers with an error or does not answer.
 * `code` is AWS's own error code (`ThrottlingException`, `NoSuchBucket`, …), or `NoAnswer` where the service did not
 * answer or its answer cannot be read. `httpStatus` is `undefined` where there was no HTTP answer.
 * Absence is never an error: a port answers `undefined` for it.
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

/** True for a ServiceError that carries one of these AWS error codes. Without codes: for any ServiceError. */
export function isServiceError<Code extends string>(
  error: unknown,
  ...codes: readonly Code[]
): error is ServiceError & { readonly code: Code } {
  return error instanceof ServiceError && (codes.length === 0 || codes.some((code) => code === error.code))
}

/** What a call answers; `undefined` where it throws a ServiceError with one of these codes. */
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

/**
 * What a call answers, or in AWS's words why it is refused. What cannot be read is unknown: it is never nothing, or nobody. Throws
 * what may pass by itself.
 */
export async function unlessUnread<T>(call: Promise<T>): Promise<{ readonly is: T } | { readonly unread: string }> {
  try {
    return { is: await call }
  } catch (error) {
    if (!isServiceError(error) || isPassing(error)) throw error
    return { unread: error.message }
  }
}

/**
 * `not-now`: the service declined, nothing took effect, and the same call may succeed later.
 * `refused`: the service declined, nothing took effect, and the same call is refused again until something changes.
 * `unknown`: the call may have taken effect. Only reading back tells.
 */
export type ErrorProof = 'not-now' | 'refused' | 'unknown'

/**
 * What an error proves about the call. The first row that fits counts:
 *
 * | HTTP status    | code                                    | proof     |
 * | any or none    | a throttling (SlowDown comes with 503)  | `not-now` |
 * | any or none    | a race of conditional writes in S3      | `not-now` |
 * | 500 and above  | any other, known or not                 | `unknown` |
 * | 4xx or not told | a refusal that AWS documents           | `refused` |
 * | any or none    | `NoAnswer`, or a code that is not known | `unknown` |
 *
 * A ConflictException is `refused`: whether it passes depends on the operation, so the callers decide that.
 */
export function proofOf({ code, httpStatus = 0 }: ServiceError): ErrorProof {
  if (throttlings.has(code) || code === racing) return 'not-now'
  return httpStatus < 500 && refusals.has(code) ? 'refused' : 'unknown'
}

/**
 * True where S3 refuses to give one object although it is there: its uploader encrypted it with a key of his own (SSE-C:
 * 400 InvalidRequest), or with a KMS key that the caller may not use (403 AccessDenied, KMS.…), or it is archived (403
 * InvalidObjectState). S3 API Reference, "GetObject" and "Error responses".
 */
export function isObjectRefusal(error: unknown): error is ServiceError {
  if (!isServiceError(error) || error.service !== 's3') return false
  const isRefused = proofOf(error) === 'refused'
  return isRefused && (objectRefusals.has(error.code) || error.code.startsWith('KMS.'))
}
const objectRefusals = new Set(['AccessDenied', 'InvalidObjectState', 'InvalidRequest'])

/** True where the same call may succeed later although nothing is changed. */
export function isPassing(error: unknown): boolean {
  return isServiceError(error) && proofOf(error) !== 'refused'
}

/** S3 did not look at the condition: another write of the key was under way. (S3 User Guide, "Conditional writes".) */
const racing = 'ConditionalRequestConflict'

// "Common Errors" and the error lists of each service's API Reference; S3 User Guide, "Error responses".
const throttlings = codes(`
  KMS.ThrottlingException KMS_THROTTLING KMS_THROTTLING_EXCEPTION KmsThrottled OverLimit RequestLimitExceeded
  RequestThrottled RequestThrottledException SlowDown ThrottledException Throttling ThrottlingException
  TooManyRequestsException`)

const refusals = codes(
  // Who calls, with which credentials: any service.
  `AccessDenied AccessDeniedException AuthorizationHeaderMalformed ExpiredToken ExpiredTokenException
  IncompleteSignature IncompleteSignatureException InvalidAccessKeyId InvalidClientTokenId InvalidSecurity
  InvalidSignatureException InvalidToken MissingAuthenticationToken MissingAuthenticationTokenException NotAuthorized
  OptInRequired RequestExpired RequestTimeTooSkewed SignatureDoesNotMatch UnrecognizedClientException`,
  // Which input: any service.
  `InvalidAction InvalidArgument InvalidParameterValue InvalidRequest MissingParameter SerializationException
  UnknownOperationException ValidationError ValidationException`,
  // SSO Admin and the identity store. The KMS reasons stand in place of ResourceNotFoundException.
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
