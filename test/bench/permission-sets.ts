import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { atMost, type Benchmark, exactly, parseNumbers, quantile } from './benchmark.ts'
import { LocalProcess } from './local-process.ts'
import { measureBeside } from './permission-set-memory.ts'
import { permissionSetKeyOf, type Step, steps } from './permission-set-steps.ts'

const lookEveryMs = 20
const patienceMs = 60_000
/** Apart from what differs: of any step, also of a creation beside many others. */
const callsMost = 25
const isWrite = (operation: string) => !/^(List|Describe|Get)/.test(operation)
/** What any dispatcher asks at its start, whatever it then does. */
const isOfStart = (operation: string) =>
  /^(ListInstances|ListAccountAssignment(Creation|Deletion)Status)$/.test(operation)

/** One permission set after another through all steps, on an otherwise idle local system. */
export const permissionSets: Benchmark = {
  name: 'permission-sets',
  usage: 'permission-sets [--sets 10] [--beside 3499]',
  summary:
    'calls and time to create, leave, update and delete a permission set, from upload to status; memory beside 10 others and beside many',
  clock: 'machine',
  async run(options) {
    const { sets, beside } = parseNumbers(options, { sets: 10, beside: 3499 })
    await using local = await LocalProcess.start()
    const measured = new Map<string, Measured[]>(steps.map(({ what }) => [what, []]))
    for (let index = 0; index < sets; index++) {
      for (const step of steps) measured.get(step.what)?.push(await measure(local, index, step))
    }
    const all = steps.map((step) => ({ step, rows: measured.get(step.what) ?? [] }))
    const memory = await measureBeside(beside)
    return {
      lines: [
        `${sets} permission sets, default options               write calls   read calls   median ms   max ms`,
        ...all.map(({ step, rows }) => render(step.what, rows)),
        ...memory.lines,
      ],
      figures: [
        ...all.map(({ step, rows }) =>
          exactly(step.writes, {
            figure: `write calls to ${step.what}`,
            value: rows.find(({ writes }) => writes !== step.writes)?.writes ?? step.writes,
            unit: 'calls',
          }),
        ),
        atMost(callsMost, {
          figure: 'calls beside the differences',
          value: Math.max(...all.flatMap(({ rows }) => rows.map(({ reads }) => reads))),
          unit: 'calls',
        }),
        ...memory.figures,
      ],
    }
  },
}

type Measured = { readonly writes: number; readonly reads: number; readonly ms: number }

async function measure(local: LocalProcess, index: number, { body }: Step): Promise<Measured> {
  const key = permissionSetKeyOf(index)
  const since = local.observations.length
  const startedMs = performance.now()
  if (body) {
    const text = JSON.stringify(body(index))
    await local.put(key, text)
    await untilStatus(local, key, createHash('md5').update(text).digest('hex'))
  } else {
    await local.remove(key)
    await untilStatus(local, key, undefined)
  }
  const ms = performance.now() - startedMs
  const seen = local.observations.slice(since)
  const calls = seen.flatMap((one) => (one.seen === 'call' && !isOfStart(one.operation) ? [one.operation] : []))
  // On a busy machine calls may arrive closer together than they left; one that was turned away is made again.
  const throttled = seen.filter((one) => one.seen === 'throttled' && isWrite(one.operation)).length
  const writes = calls.filter(isWrite).length - throttled
  return { writes, reads: calls.filter((operation) => !isWrite(operation)).length, ms }
}

/** Until the status says `applied` of this version, or is gone. */
async function untilStatus(local: LocalProcess, key: string, etag: string | undefined): Promise<void> {
  const endsMs = performance.now() + patienceMs
  for (;;) {
    const status = (await local.read(`status/${key}.json`)) as { state?: string; etag?: string } | undefined
    if (etag === undefined ? status === undefined : status?.state === 'applied' && status.etag === etag) return
    if (performance.now() > endsMs) throw new Error(`${key}: its status is still ${JSON.stringify(status)}`)
    await sleep(lookEveryMs)
  }
}

function render(what: string, rows: readonly Measured[]): string {
  const column = (of: (row: Measured) => number, share: number, width: number) =>
    quantile(rows.map(of), share).toFixed(0).padStart(width)
  return `  ${what.padEnd(50)}${column(({ writes }) => writes, 1, 10)}${column(({ reads }) => reads, 1, 13)}${column(({ ms }) => ms, 0.5, 12)}${column(({ ms }) => ms, 1, 9)}`
}
