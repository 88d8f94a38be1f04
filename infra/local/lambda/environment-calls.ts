import type { FastifyInstance, FastifyRequest } from 'fastify'
import { permissionsOf } from '../../function-permissions.ts'
import { breakConnection } from '../faults/add-faults.ts'
import { refuseUnlessGranted } from './check-grant.ts'
import { type ExecutionEnvironment, environmentTokenPrefix } from './execution-environment.ts'

/** The running and frozen environments, by the session token of their calls. */
export class EnvironmentCalls {
  readonly #environments = new Map<string, ExecutionEnvironment>()

  /** Called when an environment starts, and again when it is dead. */
  note(environment: ExecutionEnvironment): void {
    if (environment.isDead) this.#environments.delete(environment.sessionToken)
    else this.#environments.set(environment.sessionToken, environment)
  }

  /**
   * Calls of a frozen environment wait, those of a dead one break off before they take effect, and each call has only the rights of its
   * function. Add it after the hooks that delay calls.
   */
  addTo(app: FastifyInstance): void {
    const callers = new WeakMap<FastifyRequest, ExecutionEnvironment>()
    app.addHook('onRequest', async (request, reply) => {
      const token = request.headers['x-amz-security-token']?.toString()
      if (!token?.startsWith(environmentTokenPrefix)) return
      const environment = this.#environments.get(token)
      if (environment === undefined) return breakConnection(reply)
      callers.set(request, environment)
      const { raw } = reply
      raw.once('close', environment.track({ destroy: () => raw.destroy() }))
      // Like the SDK in Lambda. (Lambda Developer Guide, "Use Lambda recursive loop detection".)
      request.headers['x-amzn-trace-id'] = environment.traceHeader
    })
    app.addHook('preValidation', async (request, reply) => {
      const environment = callers.get(request)
      if (environment === undefined) return
      await environment.whenNotFrozen()
      if (environment.isDead) return breakConnection(reply)
      const name = environment.function
      return refuseUnlessGranted(permissionsOf(name), `the function ${name}`, request, reply)
    })
  }
}
