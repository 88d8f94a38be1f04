import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TemplatePolicy } from '../../infra/template-policies.ts'
import { validatePolicies } from '../../infra/validate-policies.ts'

describe('IAM Access Analyzer', () => {
  const asked: { path: string | undefined; body: Record<string, string>; authorization: string | undefined }[] = []
  let status = 200
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      const body = JSON.parse(text)
      asked.push({ path: request.url, body, authorization: request.headers.authorization })
      const isBad = body.policyDocument.includes('"iam:*"')
      const finding = {
        findingType: 'SECURITY_WARNING',
        issueCode: 'PASS_ROLE',
        findingDetails: 'too much',
        locations: [],
      }
      response.writeHead(status).end(JSON.stringify({ findings: isBad ? [finding] : [] }))
    })
  })
  let url: URL
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  const as = { region: 'eu-west-1', credentials: { accessKeyId: 'me', secretAccessKey: 'any' } }
  const policy = (of: string, Action: string): TemplatePolicy => ({
    of,
    type: 'IDENTITY_POLICY',
    document: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] }),
  })

  test('is asked for each policy, signed, and what it finds is told by the resource that has it', async () => {
    const told = await validatePolicies([policy('Good', 's3:GetObject'), policy('Bad', 'iam:*')], { url, as })
    expect(told).toEqual({ findings: [{ of: 'Bad', told: 'SECURITY_WARNING PASS_ROLE: too much', isGrave: true }] })
    expect(asked).toHaveLength(2)
    expect(asked[0]).toMatchObject({
      path: '/policy/validation',
      body: { policyType: 'IDENTITY_POLICY' },
      authorization: expect.stringContaining('/eu-west-1/access-analyzer/aws4_request'),
    })
  })

  test('that may not be asked is told, and is no fault of the deployment', async () => {
    status = 403
    expect(await validatePolicies([policy('Good', 's3:GetObject')], { url, as })).toEqual({
      refused: expect.stringContaining('access-analyzer:ValidatePolicy'),
    })
  })
})
