import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Log } from '../../../shared/ports/log.ts'
import type { FaultFile } from './fault-file.ts'
import { FaultPlan } from './fault-plan.ts'
import { refusalOf, refuse } from './render-refusal.ts'
import { serviceCallOf } from './service-call.ts'

export type FaultsOptions = {
  readonly clock: Clock
  readonly log: Log
  /** Before this, no fault strikes. */
  readonly isReady: () => boolean
  /** Must not return; default: SIGKILL to this process. */
  readonly die?: () => void
}

/**
 * Injects faults into calls to the services of an app, at the wire: neither models nor product can see them. Add it after every other hook,
 * so that the effect of a call is kept before its answer is lost.
 */
export function addFaults(app: FastifyInstance, file: FaultFile, options: FaultsOptions): void {
  const { clock, log, isReady, die = () => process.kill(process.pid, 'SIGKILL') } = options
  const plan = new FaultPlan(file)
  const afterwards = new WeakMap<FastifyRequest, 'lose-answer' | 'kill'>()
  // The body has arrived by now, and nothing has taken effect.
  app.addHook('preValidation', async (request, reply) => {
    const call = isReady() ? serviceCallOf(request) : undefined
    const rule = call && plan.next(call)
    if (call === undefined || rule === undefined) return
    log.info('fault injected', { fault: rule.fault, ...call })
    switch (rule.fault) {
      case 'throttle':
      case 'error':
        return refuse(refusalOf(call.service, rule), request, reply)
      case 'drop':
        return breakConnection(reply)
      case 'delay':
        await clock.sleep(rule.ms)
        // The caller hung up while the request was on its way.
        return request.raw.socket.destroyed ? breakConnection(reply) : undefined
      case 'lose-answer':
        return void afterwards.set(request, 'lose-answer')
      case 'kill':
        if (rule.when === 'before') return die()
        return void afterwards.set(request, 'kill')
      default:
        return rule satisfies never
    }
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const fault = afterwards.get(request)
    if (fault === undefined) return done(null, payload)
    if (fault === 'kill') die()
    breakConnection(reply)
  })
  app.get('/_ssofile/faults', async () => plan.counts())
}

export function breakConnection(reply: FastifyReply): FastifyReply {
  reply.hijack()
  reply.raw.destroy()
  return reply
}
