import type { FastifyInstance } from 'fastify'
import { operatorPermissions } from '../function-permissions.ts'
import { refuseUnlessGranted } from './lambda/check-grant.ts'
import { signerOf } from './request-signer.ts'

/** The access key id of who has assumed the role of operators, as in a deployment named `ssofile`. */
export const operatorRole = 'ssofile-operator'

/** Calls of that role have the rights that it has in a deployment, and no others. */
export function addOperatorRole(app: FastifyInstance): void {
  app.addHook('preValidation', async (request, reply) => {
    if (signerOf(request)?.accessKeyId !== operatorRole) return
    return refuseUnlessGranted(operatorPermissions, 'operators', request, reply)
  })
}
