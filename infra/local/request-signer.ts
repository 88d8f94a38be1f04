import type { FastifyRequest } from 'fastify'

/** `service`: from the signature. Absent, like the Region, in signatures of version 2. */
export type Signer = {
  readonly accessKeyId: string
  readonly region: string | undefined
  readonly service?: string | undefined
}

/**
 * The signer of a request, from the Authorization header or the query of a presigned URL. Signatures are not checked: locally, any
 * credentials work. Sources: S3 API Reference, "Authenticating requests (AWS Signature Version 4)"; version 2 because older command lines
 * presign with it.
 */
export function signerOf(request: FastifyRequest): Signer | undefined {
  const query = new URLSearchParams(request.url.split('?')[1])
  const authorization = request.headers.authorization ?? ''
  const scope = /Credential=([^,\s]+)/.exec(authorization)?.[1] ?? query.get('X-Amz-Credential')
  if (scope) {
    // Read from the right, since an access key id may contain slashes: …/20260303/us-east-1/s3/aws4_request.
    const parts = scope.split('/')
    return { accessKeyId: parts.slice(0, -4).join('/'), region: parts.at(-3), service: parts.at(-2) }
  }
  const accessKeyId = /^AWS ([^:]+):/.exec(authorization)?.[1] ?? query.get('AWSAccessKeyId')
  return accessKeyId ? { accessKeyId, region: undefined } : undefined
}
