import * as z from 'zod'
import type { Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'
import { makeGroups } from './make-principals.ts'

/** More than twenty deletions within a quarter of an hour, which is what the default of the brake lets pass. */
const count = 22

const lists = z.object({ lists: z.array(z.object({ digest: z.string(), held: z.array(z.string()) })) })

/** Groups of nobody get access, and lose it all at once. */
export const brake: Step<AcceptanceContext> = {
  name: 'the brake holds a flood of deletions, and an operator releases it',
  async run(context, note) {
    const { account } = context.options
    const set = `${context.prefix}-brk`
    const file = `permission_sets/${set}.json`
    await makeGroups(context, 'brk', count)
    const names = Array.from({ length: count }, (_, index) => `${context.prefix}-brk-${index}`)
    const links = names.map((name) => `links_data/account%${account}%${set}%${name}%GROUP%ssofile`)
    const left = async () => {
      const found = await Promise.all(links.map((link) => context.recordOf(link)))
      return found.filter((entry) => entry !== undefined).length
    }
    context.undo(file, async () => {
      await context.untilMs('the end of the access', async () => (await left()) === 0)
      await context.remove(file)
      await context.untilGoneMs(file)
    })
    await context.put(file, JSON.stringify({ permissionSetName: set }))
    for (const link of links) await context.put(link)
    note({ manyToGrantedMs: await context.untilStateMs('applied', ...links) })
    for (const link of links) await context.remove(link)
    const ofOurs = async () =>
      lists
        .parse((await context.json('control/brake.json')) ?? { lists: [] })
        .lists.find(({ held }) => held.some((key) => key.includes(`%${set}%`)))
    let held: Awaited<ReturnType<typeof ofOurs>>
    const isHeld = async () => {
      held = await ofOurs()
      return held !== undefined && (await left()) === held.held.length
    }
    note({ floodToHeldMs: await context.untilMs('the brake', isHeld) })
    const released = await context.ssofile('operator', ['brake', '--release', held?.digest ?? ''])
    if (released.exitCode !== 0) throw new Error(`ssofile brake --release: ${released.stderr}`)
    const isNoneLeft = async () => (await left()) === 0
    note({ releasedToRevokedMs: await context.untilMs('the end of the held access', isNoneLeft) })
  },
}
