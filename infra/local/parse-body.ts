/** The JSON of a request. fastify gives bytes if the app has no parser for this content type, and nothing if the body is empty. Throws SyntaxError. */
export function parseBody(body: unknown): unknown {
  return typeof body === 'string' || Buffer.isBuffer(body) ? JSON.parse(body.toString() || '{}') : (body ?? {})
}
