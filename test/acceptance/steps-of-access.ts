import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'

type AccessStep = Step<AcceptanceContext>

const fileOf = ({ prefix }: AcceptanceContext) => `permission_sets/${prefix}.json`
const linkOf = ({ prefix, options: { account, group } }: AcceptanceContext, folder = '') =>
  `links_data/${folder}account%${account}%${prefix}%${group}%GROUP%ssofile`
const entryOf = (context: AcceptanceContext) => context.recordOf(linkOf(context))

/** A link before its permission set, which comes after it: any order is right. */
const grant: AccessStep = {
  name: 'a permission set and a link to it are applied',
  isBasis: true,
  async run(context, note) {
    const { prefix } = context
    context.undo(`the access by ${prefix}`, () => untilGone(context))
    await context.put(fileOf(context), JSON.stringify({ permissionSetName: prefix, description: 'ssofile acceptance' }))
    note({ permissionSetAppliedMs: await context.untilStateMs('applied', fileOf(context)) })
    await context.put(linkOf(context))
    note({ uploadToGrantedMs: await context.untilStateMs('applied', linkOf(context)) })
  },
}

const notValid: AccessStep = {
  name: 'a link that is not valid is rejected, and grants nothing',
  async run(context, note) {
    const wrong = linkOf(context).replace('%GROUP%', '%group%')
    await context.put(wrong)
    note({ uploadToRejectedMs: await context.untilStateMs('rejected', wrong) })
  },
}

const waiting: AccessStep = {
  name: 'a link waits for its group',
  async run(context, note) {
    const link = linkOf(context).replace(`%${context.options.group}%`, `%${context.prefix}-nobody%`)
    await context.put(link)
    note({ uploadToWaitingMs: await context.untilStateMs('waiting', link) })
    await context.remove(link)
    await context.untilGoneMs(link)
  },
}

const changed: AccessStep = {
  name: 'a link that is uploaded again, with a reason, keeps its access',
  async run(context, note) {
    const link = linkOf(context)
    await context.put(link, JSON.stringify({ reason: 'acceptance' }))
    const hasReason = async () => JSON.stringify((await entryOf(context)) ?? '').includes('acceptance')
    note({ uploadToChangedMs: await context.untilMs('the new reason in the ledger', hasReason) })
    await context.untilStateMs('applied', link)
  },
}

const expiry: AccessStep = {
  name: 'an expired link counts as absent',
  async run(context, note) {
    const link = linkOf(context)
    const expiresAt = new Date(Date.now() + 5_000).toISOString()
    await context.put(link, JSON.stringify({ expiresAt }))
    if ((await entryOf(context)) === undefined) throw new Error('the access was not there before it expired')
    const expiredMs = await context.untilMs('the end of the access', async () => (await entryOf(context)) === undefined)
    note({ expiryToRevokedMs: Math.max(0, expiredMs - 5_000) })
  },
}

const revoke: AccessStep = {
  name: 'a deleted link takes its access away, and the permission set can go',
  async run(context, note) {
    const link = linkOf(context)
    await context.put(link)
    await context.untilStateMs('applied', link)
    await context.remove(link)
    note({ deletedToRevokedMs: await untilRevoked(context) })
    await context.remove(fileOf(context))
    note({ permissionSetDeletedMs: await context.untilGoneMs(fileOf(context)) })
  },
}

async function untilRevoked(context: AcceptanceContext): Promise<number> {
  const isGone = async () => (await entryOf(context)) === undefined
  return context.untilMs(
    'the end of the access',
    async () => (await isGone()) && (await context.stateOf(linkOf(context))) === undefined,
  )
}

/** What is left when steps failed in between: links before their permission set. */
async function untilGone(context: AcceptanceContext): Promise<void> {
  await context.remove(linkOf(context))
  await untilRevoked(context)
  await context.remove(fileOf(context))
  await context.untilGoneMs(fileOf(context))
}

const pauseStep: AccessStep = {
  name: 'during a pause nothing is granted, and afterwards everything',
  async run(context, note) {
    const key = 'control/pause.json'
    const link = linkOf(context)
    if (await context.json(key)) throw new SkippedStep('somebody has paused ssofile already: control/pause.json')
    const pause = { v: 1, reason: 'acceptance', by: 'acceptance', since: new Date().toISOString() }
    await context.put(key, JSON.stringify(pause), 'operator')
    try {
      // A dispatcher that is at work sees the pause, and ends.
      await context.untilMs('the rest', async () => (await context.json('control/dispatcher.json')) === undefined)
      await context.put(link)
      await context.untilStateMs('applying', link)
      if ((await entryOf(context)) !== undefined) throw new Error('it was granted during the pause')
    } finally {
      await context.remove(key, 'operator')
    }
    note({ resumedToGrantedMs: await context.untilStateMs('applied', link) })
  },
}

export const stepsOfAccess: readonly AccessStep[] = [grant, notValid, waiting, changed, expiry, pauseStep, revoke]
