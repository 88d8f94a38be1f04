import { Asking, account } from '../handlers/asking.ts'
import { atMost, type Figure } from './benchmark.ts'
import { slowAnswers } from './beside-files.ts'

/** As many as Lambda runs of a queue. */
const lambda = { processes: 10 }
const beginsMs = 10_000
const beatMs = 100
const link = `links_data/account%${account}%Admin-ps%ada%USER%ssofile`

/** With answers this much slower, even 200 changes a second are far more than what is processed. */
const slower = 10
/** The first status of a request, and the end of access, take seconds. */
const waitMostMs = 5_000
/** The files that one person may write, below the own id, as many as that person likes. */
const ownKinds = ['requests', 'approvals', 'decisions'] as const
type OwnKind = (typeof ownKinds)[number]
const ownChanges = {
  uploads: 'uploads',
  never: 'deletions of what never was',
  flapping: 'uploads that are deleted',
} as const
type OwnFlood = {
  readonly kind: OwnKind
  readonly change: keyof typeof ownChanges
  readonly perSecond: number
  /** How many times as long each answer takes: less is processed a second then. */
  readonly slower?: number
}

/** How long others wait beside the flood, in milliseconds. */
type Waits = Readonly<Record<'asked' | 'finish' | 'denial' | 'operator' | 'suspension' | 'told', number>>

/** The longest wait of others beside each flood, and how much longer it gets where the flood is more than what is processed. */
export async function besideOwnFiles(perSecond: number): Promise<readonly Figure[]> {
  const alone = await measure({ kind: 'requests', change: 'never', perSecond: 0, slower })
  const figures: Figure[] = []
  for (const kind of ownKinds)
    for (const [change, named] of Object.entries(ownChanges) as [OwnFlood['change'], string][]) {
      const what = `beside ${perSecond} a second of one person below ${kind}/, ${named}`
      const tell = (figure: string, value: number) =>
        figures.push(atMost(waitMostMs, { figure: `${figure} ${what}`, value, unit: 'ms' }))
      tell('others wait', longest(await measure({ kind, change, perSecond })))
      tell(
        'others wait longer than alone, answers ten times slower,',
        longest(await measure({ kind, change, perSecond, slower }), alone),
      )
    }
  return figures
}

function longest(waits: Waits, alone?: Waits): number {
  const names = Object.keys(waits) as (keyof Waits)[]
  return Math.max(...names.map((name) => waits[name] - (alone?.[name] ?? 0)))
}

/**
 * One person changes own files all the time, with S3's notifications, the router and all queues. Meanwhile others ask, finish and
 * deny; an operator deletes a request; somebody is suspended.
 */
async function measure(flood: OwnFlood): Promise<Waits> {
  const asking = await Asking.begin({ approvals: 1 }, '', lambda)
  const { world } = asking
  // As a deployment's bucket: the deletion of what never was leaves a delete marker, and S3 tells of it.
  world.objects.model.setVersioning('Enabled')
  const others = await grant(asking)
  await world.objects.put(link, '')
  await world.until(() => asking.has('ada'), 'the access of a link')
  asking.answer = slowAnswers(asking, flood.slower)
  const flooding = new AbortController()
  const end = change(asking, flood, flooding.signal)
  await world.clock.advance(beginsMs)
  const timed = async (act: () => Promise<unknown>, isOver: () => boolean | Promise<boolean>, what: string) => {
    const beganMs = world.clock.monotonicMs()
    await act()
    await world.until(isOver, what)
    return world.clock.monotonicMs() - beganMs
  }
  const body = JSON.stringify({ duration: 'PT1H', reason: 'disk full' })
  const asked = asking.key('tom')
  const gone = (user: string) => () => !asking.has(user)
  const { finish, denial, operator } = others
  const waits = {
    asked: await timed(
      () => world.objects.as('tom').put(asked, body),
      async () => (await asking.status(asked)) !== undefined,
      'the first status of a new request',
    ),
    finish: await timed(() => world.objects.as(finish).delete(asking.key(finish)), gone(finish), 'a finish'),
    denial: await timed(
      () =>
        world.objects
          .as('maria')
          .put(`approvals/${asking.id('maria')}/${denial.digest}`, JSON.stringify({ decision: 'deny' })),
      gone(denial.user),
      'a denial',
    ),
    operator: await timed(
      () => world.objects.as('operator').delete(asking.key(operator)),
      gone(operator),
      'a deletion',
    ),
    suspension: await timed(() => world.objects.put('suspended/ada', ''), gone('ada'), 'a suspension'),
    told: await timed(
      async () => undefined,
      async () => ['suspended', 'partly'].includes((await asking.status('suspended/ada'))?.state ?? ''),
      'the status of the suspension, after its access',
    ),
  }
  flooding.abort('measured')
  await world.clock.advance(beatMs)
  await end
  return waits
}

/** Three people have temporary access; Maria may approve and deny. */
async function grant(asking: Asking) {
  const [finish, denied, operator] = ['person-1', 'person-2', 'person-3'] as const
  await asking.join('maria', 'security')
  await asking.join('tom', 'developers')
  for (const user of [finish, denied, operator]) {
    await asking.join(user, 'developers')
    await asking.ask({}, asking.key(user))
    await asking.decide('tom', 'approve', (await asking.status(asking.key(user)))?.request?.digest)
    await asking.world.until(() => asking.has(user), `the access of ${user}`)
  }
  const digest = (await asking.status(asking.key(denied)))?.request?.digest ?? 'none'
  return { finish, denial: { user: denied, digest }, operator }
}

async function change(asking: Asking, { kind, change: of, perSecond }: OwnFlood, signal: AbortSignal): Promise<void> {
  const { clock, objects } = asking.world
  const eve = objects.as('eve')
  let nth = 0
  for (let owed = 0; !signal.aborted; await clock.sleep(beatMs)) {
    for (owed += (perSecond * beatMs) / 1_000; owed >= 1; owed--) {
      const key = keyOf(kind, asking.id('eve'), nth++)
      if (of !== 'never') await eve.put(key, '{}')
      if (of !== 'uploads') await eve.delete(key)
    }
  }
}

function keyOf(kind: OwnKind, id: string, nth: number): string {
  const digest = nth.toString(16).padStart(32, '0')
  if (kind === 'requests') return `requests/${id}/account%${account}%Set-${nth}%eve%USER%ssofile`
  return kind === 'approvals' ? `approvals/${id}/${digest}` : `decisions/${id}/review/${digest}%keep`
}
