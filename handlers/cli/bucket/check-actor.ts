import { readCallerIdentity } from '../../../shared/aws/caller-identity.ts'
import { type Bar, complainOfBar, judgeActor } from '../../../shared/domain/principals/judge-actor.ts'
import { parsePersonSession } from '../../../shared/domain/principals/person-session.ts'
import { nameInLinks, type PrincipalName } from '../../../shared/domain/principals/principal.ts'
import { onceIn } from '../../../shared/ports/once.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isPassing } from '../../../shared/ports/service-error.ts'
import { wrapPort } from '../../../shared/reconcile/calls/wrap-port.ts'
import { findActorOfSession } from '../../../shared/reconcile/directory/find-actor.ts'
import { Policies } from '../../../shared/reconcile/records/policies.ts'
import { Suspensions } from '../../../shared/reconcile/records/suspensions.ts'
import { Refusal } from '../arguments/refusal.ts'
import { readSuffix } from '../requests/read-suffix.ts'

const writes = new Set(['put', 'delete', 'beginUpload', 'send'])
/** A command may run for an hour, so ask again after this time. */
const knownMs = 60_000

/**
 * The same ports; before their first write, and again each minute, they check whether the person who runs the command may act. So no
 * command can forget it. Without a session of IAM Identity Center, IAM alone judges the caller. Throws Refusal.
 */
export function checkingPorts(ports: Ports, identity: () => Promise<string> = readCallerIdentity): Ports {
  const { objects, queues, clock } = ports
  const check = onceIn(knownMs, clock, () => checkActor(ports, identity))
  const around = async (operation: string, call: () => Promise<unknown>) => {
    if (writes.has(operation)) await check()
    return call()
  }
  const list: typeof objects.list = (prefix, options) => objects.list(prefix, options)
  return { ...ports, objects: wrapPort(objects, around, { list }), queues: wrapPort(queues, around) }
}

/** For a command that changes something by a function. Throws Refusal. */
export async function checkActor(ports: Ports, identity: () => Promise<string> = readCallerIdentity): Promise<void> {
  const session = parsePersonSession(await identity())
  const bar = session && (await findBar(session.userName, ports))
  if (session === undefined || bar === undefined) return
  const { received, expected, remedy } = complainOfBar(session.userName, bar)
  throw new Refusal(
    `received the credentials of ${received}, expected those of ${expected}; nothing was written\n${remedy}`,
  )
}

/**
 * Some users of ssofile may not read the directory or the suspensions: then the readable part and the bucket's policy decide. If AWS does
 * not answer, nobody may act.
 */
async function findBar(userName: PrincipalName, ports: Ports): Promise<Bar | undefined> {
  const principalSuffix = await readSuffix(ports.objects)
  const suspensions = new Suspensions({ objects: ports.objects, policies: new Policies(ports) })
  const unlessRefused = async <T>(ask: Promise<T>, other: () => T | Promise<T>): Promise<T> =>
    ask.catch((error: unknown) => {
      if (isPassing(error)) throw error
      return other()
    })
  const sources = { ...ports, suspensions, principalSuffix }
  const byDirectory = findActorOfSession(userName, sources).then((actor) => actor?.bar)
  return unlessRefused(byDirectory, async () => {
    const find = suspensions.find(undefined, nameInLinks(userName, principalSuffix))
    return judgeActor({ user: 'unknown', suspendedBy: await unlessRefused(find, () => undefined) })
  })
}
