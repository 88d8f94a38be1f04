import type { FastifyInstance } from 'fastify'
import { type FunctionPermissions, operatorPermissions, plannerPermissions } from '../function-permissions.ts'
import { refuseUnlessGranted } from './lambda/check-grant.ts'
import { signerOf } from './request-signer.ts'

/** The access key id of a caller in the operators' role, as in a deployment named `ssofile`. */
export const operatorRole = 'ssofile-operator'
/** The access key id of a job that plans for a pull request (docs/pull-requests.md). */
export const plannerRole = 'ssofile-planner'

const roles: Readonly<Record<string, { readonly who: string; readonly permissions: FunctionPermissions }>> = {
  [operatorRole]: { who: 'operators', permissions: operatorPermissions },
  [plannerRole]: { who: 'planners', permissions: plannerPermissions },
}

/** Calls of these roles have exactly their rights in a deployment. */
export function addRolesOfPeople(app: FastifyInstance): void {
  app.addHook('preValidation', async (request, reply) => {
    const role = roles[signerOf(request)?.accessKeyId ?? '']
    return role && refuseUnlessGranted(role.permissions, role.who, request, reply)
  })
}
