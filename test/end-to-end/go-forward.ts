import * as z from 'zod'

// Loaded into the local system's process (`node --import`): a test may let its clock go forward by days. Timers and
// `performance.now()` do not notice, as after a sleep of the machine.
const order = z.object({ goForwardDays: z.number() })
const dayMs = 24 * 60 * 60_000
const MachineDate = Date
let forwardMs = 0

globalThis.Date = new Proxy(MachineDate, {
  construct: (target, given: ConstructorParameters<typeof Date> | [], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})

process.on('message', (message) => {
  const read = order.safeParse(message)
  if (read.success) forwardMs += read.data.goForwardDays * dayMs
})
// The listener must not keep the process alive.
process.channel?.unref()

function now(): number {
  return MachineDate.now() + forwardMs
}
