import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readCallerIdentity } from '../../../shared/aws/caller-identity.ts'

const given = { AWS_ACCESS_KEY_ID: 'me', AWS_SECRET_ACCESS_KEY: 'any', AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: '' }
const before = { ...process.env }
beforeEach(() => {
  Object.assign(process.env, given)
})
afterEach(() => {
  for (const name of Object.keys(given)) delete process.env[name]
  Object.assign(process.env, before)
})

async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${port}`
  try {
    return await readCallerIdentity()
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('who acts is what STS says', async () => {
  const arn = 'arn:aws:sts::111111111111:assumed-role/Operator/ana'
  const result = `<GetCallerIdentityResult><Arn>${arn}</Arn></GetCallerIdentityResult>`
  expect(await answering(200, `<GetCallerIdentityResponse>${result}</GetCallerIdentityResponse>`)).toBe(arn)
})

test('where there is no STS it is the access key id', async () => {
  expect(await answering(404, '')).toBe('AWS:me')
})
