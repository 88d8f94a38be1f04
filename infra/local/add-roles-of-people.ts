import type { FastifyInstance } from 'fastify'
import { permissionsOf } from '../function-permissions.ts'
import { refuseUnlessGranted } from './lambda/check-grant.ts'
import { signerOf } from './request-signer.ts'

/** The access key id of a caller in the operators' role, as in a deployment named `ssofile`. */
export const operatorRole = 'ssofile-operator'
/** The access key id of a job that plans for a pull request (docs/pull-requests.md). */
export const plannerRole = 'ssofile-planner'

const roles: Readonly<Record<string, { readonly who: string; readonly role: 'operator' | 'planner' }>> = {
  [operatorRole]: { who: 'operators', role: 'operator' },
  [plannerRole]: { who: 'planners', role: 'planner' },
}

/** Calls of these roles have exactly their rights in a deployment. */
export function addRolesOfPeople(app: FastifyInstance): void {
  app.addHook('preValidation', async (request, reply) => {
    const caller = roles[signerOf(request)?.accessKeyId ?? '']
    return caller && refuseUnlessGranted(permissionsOf(caller.role), caller.who, request, reply)
  })
}
