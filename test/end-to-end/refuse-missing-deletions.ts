import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { ListAccountAssignmentsCommand } from '@aws-sdk/client-sso-admin'
import type { LocalSystem } from './local-system.ts'

/**
 * An endpoint in front of the local system that refuses the deletion of a missing assignment at once. The local system
 * takes the request, and its status is FAILED later; AWS may do either.
 */
export async function refuseMissingDeletions(system: LocalSystem) {
  async function isMissing(input: Record<string, string>): Promise<boolean> {
    const { InstanceArn, PermissionSetArn, TargetId: AccountId, PrincipalId } = input
    const { AccountAssignments = [] } = await system.ssoAdmin.send(
      new ListAccountAssignmentsCommand({ InstanceArn, PermissionSetArn, AccountId }),
    )
    return !AccountAssignments.some((one) => one.PrincipalId === PrincipalId)
  }
  async function answer(asked: IncomingMessage, reply: ServerResponse): Promise<void> {
    const body = await buffer(asked)
    const target = String(asked.headers['x-amz-target'])
    if (target.endsWith('.DeleteAccountAssignment') && (await isMissing(JSON.parse(body.toString())))) {
      const refusal = { __type: 'ResourceNotFoundException', Message: 'The account assignment does not exist.' }
      reply.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(refusal))
      return
    }
    const { method, headers } = asked
    const passedOn = request(new URL(asked.url ?? '/', system.url), { method, headers }, (answered) => {
      reply.writeHead(answered.statusCode ?? 500, answered.headers)
      answered.pipe(reply)
    })
    passedOn.end(body)
  }
  const server = createServer((asked, reply) => void answer(asked, reply)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
