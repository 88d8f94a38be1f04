import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type BuildAppOptions, buildApp } from 'fauxqs'
import type { PersonSessions } from '../../shared/memory/iam/person-sessions.ts'
import type { MemoryBucket } from '../../shared/memory/s3/memory-bucket.ts'
import { storageClassHeader } from '../../shared/memory/s3/memory-bucket.ts'
import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import type { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { modelSenderId } from '../../shared/memory/sqs/model-senders.ts'
import { isServiceError, ServiceError } from '../../shared/ports/service-error.ts'
import { functionOfToken } from './lambda/execution-environment.ts'
import { localAccountId, localRegion } from './local-account.ts'
import { type LocalRequest, localRequests } from './local-request.ts'
import { signerOf } from './request-signer.ts'
import { customerKeysOf } from './s3/customer-key.ts'
import { FauxqsS3Store } from './s3/fauxqs-s3-store.ts'
import { type Race, RacingWrites } from './s3/racing-writes.ts'
import { renderS3Error, s3StatusOf } from './s3/s3-error-response.ts'
import {
  conditionOf,
  creationOf,
  hasWriteCondition,
  isDecodable,
  malformedUrl,
  parseS3Request,
  versionsOf,
} from './s3/s3-request.ts'
import { serveS3 } from './s3/serve-s3.ts'
import { FauxqsSqsStore } from './sqs/fauxqs-sqs-store.ts'
import { serveSqs } from './sqs/serve-sqs.ts'

export type LocalServerOptions = {
  readonly objects: MemoryObjectStore
  readonly queues: MemoryQueues
  /** Absent: nobody is signed in. */
  readonly sessions?: Pick<PersonSessions, 'of'>
}

/**
 * S3 and SQS on one port: fauxqs's wire protocols over our own bucket and queues; hooks correct fauxqs's errors. Nothing listens yet. The
 * hooks ignore requests with an `X-Amz-Target` other than SQS's, so that a preHandler hook can add further JSON services; their bodies
 * arrive as Buffers.
 */
export function buildLocalServer({ objects, queues, sessions }: LocalServerOptions): FastifyInstance {
  const bucket = objects.model
  const sqsStore = new FauxqsSqsStore(queues)
  // fauxqs exports neither its store classes nor interfaces for them, and its types have private members; ours have the
  // methods that its S3 and SQS actions call. SNS keeps fauxqs's own store, which nothing uses.
  const stores = { s3Store: new FauxqsS3Store(bucket), sqsStore } as unknown as BuildAppOptions['stores']
  const app: FastifyInstance = buildApp({ logger: false, stores })
  const racing = new RacingWrites(bucket)
  const races = new WeakMap<FastifyRequest, Race>()
  app.addHook('onRequest', async (request, reply) => {
    keepBodiesWhole(request)
    const { key } = parseS3Request(request) ?? {}
    if (!key || !hasWriteCondition(request)) return
    const race = racing.begin(key)
    races.set(request, race)
    reply.raw.once('close', () => race.end())
  })
  app.addHook('preHandler', (request, reply, done) => {
    try {
      const described = describe(request, reply)
      const person = sessions?.of(described.accessKeyId)
      localRequests.run({ ...described, person, race: races.get(request) }, done)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  })
  app.addHook('preHandler', async (request, reply) => {
    const about = parseS3Request(request)
    if (about !== undefined && serveS3(bucket, about, request, reply)) return reply
    const target = request.headers['x-amz-target']
    const answer = typeof target === 'string' ? serveSqs(sqsStore, target, request.body) : undefined
    return answer === undefined ? undefined : reply.type('application/x-amz-json-1.0').send(answer)
  })
  // Hooks of this kind are not async: fauxqs's handlers send without waiting. While async hooks run, Fastify takes the sent answer for
  // missing, sends again, and then has to report a failure. With two of them that was half of a call's cost here.
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (parseS3Request(request) !== undefined) reply.header('date', bucket.servedAt().toUTCString())
    done()
  })
  app.setErrorHandler((error, request, reply) => answerError(error, bucket, request, reply))
  app.setNotFoundHandler((request, reply) =>
    answerError(new ServiceError('s3', 'MethodNotAllowed', 'There is no such operation'), bucket, request, reply),
  )
  replaceMalformedPaths(app)
  return app
}

/** fauxqs parses bodies of these types as messages, although an object may have any type. */
function keepBodiesWhole(request: FastifyRequest): void {
  const isMessage = /x-www-form-urlencoded|x-amz-json-1\.0/.test(request.headers['content-type'] ?? '')
  if (isMessage && parseS3Request(request) !== undefined) request.headers['content-type'] = 'binary/octet-stream'
}

function describe(request: FastifyRequest, reply: FastifyReply): Omit<LocalRequest, 'race' | 'person'> {
  const hangUp = new AbortController()
  reply.raw.on('close', () => {
    if (!reply.raw.writableEnded) hangUp.abort()
  })
  const signer = signerOf(request)
  const calling = functionOfToken(request.headers['x-amz-security-token']?.toString())
  return {
    accessKeyId: signer?.accessKeyId,
    senderId: calling === undefined ? (signer?.accessKeyId ?? localAccountId) : modelSenderId(calling),
    sourceIpAddress: request.ip,
    region: signer?.region ?? localRegion,
    host: request.host,
    traceHeader: request.headers['x-amzn-trace-id']?.toString(),
    ...customerKeysOf(request),
    storageClass: request.headers[storageClassHeader]?.toString(),
    condition: conditionOf(request),
    creation: creationOf(request),
    ...versionsOf(request),
    signal: hangUp.signal,
    tell: (name, value) => void reply.header(name, value),
  }
}

function answerError(error: unknown, bucket: MemoryBucket, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, message } = toServiceError(error)
  const about = parseS3Request(request)
  if (about === undefined && request.headers['x-amz-target'] !== undefined) {
    // The AWS JSON protocol; SQS's clients read the older code from the header.
    reply.header('x-amzn-query-error', `${code};Sender`).type('application/x-amz-json-1.0')
    const prefix = request.headers['x-amz-target'].toString().startsWith('AmazonSQS.') ? 'com.amazonaws.sqs#' : ''
    return reply.code(code === 'InternalError' ? 500 : 400).send({ __type: prefix + code, message })
  }
  const requestId = bucket.newRequestId()
  reply.code(s3StatusOf(code)).type('application/xml')
  reply.header('x-amz-request-id', requestId).header('x-amz-id-2', 'local')
  if (request.method === 'HEAD') return reply.send()
  return reply.send(
    renderS3Error({ code, message, bucket: about?.bucket ?? bucket.name, key: about?.key ?? '', requestId }),
  )
}

function toServiceError(error: unknown): ServiceError {
  if (isServiceError(error)) return error
  if (error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new ServiceError('s3', 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size')
  const told = error instanceof Error ? error.message : String(error)
  return new ServiceError('s3', 'InternalError', `The local system failed: ${told}`, { cause: error })
}

/** Fastify answers a path that is not UTF-8 before any hook, in JSON; S3's clients expect XML. */
function replaceMalformedPaths(app: FastifyInstance): void {
  app.server.prependListener('request', (request) => {
    if (isDecodable(request.url ?? '')) return
    request.url = malformedUrl
    request.headers.host = 'localhost' // otherwise fauxqs puts a bucket named in the host before the path
  })
}
