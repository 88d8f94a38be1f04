import { beforeEach, describe, expect, test } from '@jest/globals'
import { restoreRecords } from '../../../../handlers/cli/operations/restore.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { pauseChanges, readPause, stopForLoss } from '../../../../shared/reconcile/records/pause.ts'
import { StatusStore, statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'
import { World } from '../../../world.ts'

const owner = 'control/owner.json'
const suspension = 'suspended/kenji.ito@acme.example'
const policy = 'policies/no-admins.json'
const link = 'links_data/root%all%Billing-ps%kenji.ito@acme.example%USER%ssofile'

let world: World
beforeEach(async () => {
  world = new World()
  world.objects.model.setVersioning('Enabled')
  for (const key of [suspension, policy, link]) await world.objects.put(key, '{}')
  await tell(suspension, link)
  await world.clock.advance(60_000)
})

/** Writes their statuses, as ssofile would. */
async function tell(...inputs: readonly string[]): Promise<void> {
  for (const input of inputs)
    await new StatusStore(world.objects, world.clock).revise(input, async () => ({ state: 'waiting' }))
}

/** A bad command deletes the owner of the bucket and these files; a minute later everything is stopped. */
async function lose(...keys: readonly string[]): Promise<void> {
  for (const key of [owner, ...keys]) {
    await world.objects.as('vandal').delete(key)
    await world.clock.advance(2_000)
  }
  await world.clock.advance(30_000)
  await stopForLoss(world.ports, `${owner} is gone`)
  await world.clock.advance(60_000)
}

type Options = Parameters<typeof restoreRecords>[1]

const noProgress: Parameters<typeof restoreRecords>[0]['progress'] = { tell: () => {}, end: () => {} }

function restore(
  options: Options = {},
  readCaller = async () => 'olga',
  objects = world.objects,
  progress = noProgress,
) {
  const versions = new MemoryObjectVersions(objects.model)
  const context = { ports: { ...world.ports, objects }, versions, readCaller, progress }
  return world.finish(restoreRecords(context, { yes: true, ...options }))
}

const isStopped = async () => (await readPause(world.objects))?.lost !== undefined

describe('ssofile restore', () => {
  test.each([{ file: suspension }, { file: policy }])(
    'keeps everything stopped, run after run, while $file is missing',
    async ({ file }) => {
      await lose(file)
      for (const run of [1, 2, 3]) {
        const { exitCode, text } = await restore()
        expect({ run, exitCode, isStopped: await isStopped() }).toEqual({ run, exitCode: 1, isStopped: true })
        expect(text).toContain(`left to governance, HR or account owners: 1 file\n  ${file}\n`)
        await world.clock.advance(20 * 60_000)
      }
      await world.objects.as('hr').put(file, '{}')
      expect((await restore()).exitCode).toBe(0)
      expect(await readPause(world.objects)).toBeUndefined()
    },
  )

  test('keeps everything stopped while a suspension is missing, also if the first run died before its end', async () => {
    await lose(suspension)
    const died = new Error('killed')
    await expect(restore({ acceptMissing: true }, () => Promise.reject(died))).rejects.toBe(died)
    expect(await world.keys(owner)).toEqual([owner])
    expect(await restore()).toMatchObject({ exitCode: 1, text: expect.stringContaining(suspension) })
    expect(await isStopped()).toBe(true)
  })

  test('keeps everything stopped while a suspension is missing that went after a later instant of --at', async () => {
    await lose(suspension)
    expect((await restore({ at: world.clock.now() })).exitCode).toBe(1)
    expect(await isStopped()).toBe(true)
  })

  test('a dry run says with exit code 1 that everything is stopped and a file is missing, and changes nothing', async () => {
    await lose(suspension)
    expect((await restore({ dryRun: true })).exitCode).toBe(1)
    expect((await restore({ dryRun: true, acceptMissing: true })).exitCode).toBe(0)
    await world.objects.as('hr').put(suspension, '{}')
    expect((await restore({ dryRun: true })).exitCode).toBe(0)
    expect(await world.keys(owner)).toEqual([])
  })

  describe('with --at, while nothing is lost and HR has lifted a suspension since then', () => {
    let at: Date
    beforeEach(async () => {
      await world.objects.put(owner, JSON.stringify({ v: 1, ...(await world.ports.ssoAdmin.instance()) }))
      at = world.clock.now()
      await world.clock.advance(60_000)
      await world.objects.as('hr').delete(suspension)
    })
    const named = () =>
      `deleted since ${at.toISOString()} and left to governance, HR or account owners: 1 file\n  ${suspension}\n`

    test('brings links back and stops nothing for longer', async () => {
      await world.objects.as('vandal').delete(link)
      await world.clock.advance(60_000)
      const { exitCode, text } = await restore({ at })
      expect({ exitCode, isStopped: await isStopped() }).toEqual({ exitCode: 0, isStopped: false })
      expect(await world.keys('links_data/')).toEqual([link])
      expect(text).toContain(`${named()}within a minute, `)
    })

    test('names the file and nothing else if there is nothing to restore', async () => {
      const { exitCode, text } = await restore({ at })
      expect(exitCode).toBe(0)
      expect(text).toBe(`bucket ssofile\nthere is nothing to restore\n${named()}`)
    })

    test('keeps a stop that was there before, until the operator accepts what is missing', async () => {
      await world.clock.advance(60 * 60_000)
      await lose()
      const { exitCode, text } = await restore({ at })
      expect({ exitCode, isStopped: await isStopped() }).toEqual({ exitCode: 1, isStopped: true })
      expect(text).toContain(named())
      expect((await restore({ at, acceptMissing: true })).exitCode).toBe(0)
      expect(await isStopped()).toBe(false)
    })
  })

  test("leaves a file of somebody whose time is over to HR's decision, since --inputs does not bring it back", async () => {
    const person = 'people/ana.ruiz@acme.example.json'
    await world.objects.put(person, '{}')
    await world.clock.advance(60_000)
    await lose(person)
    await world.objects.put('suspended/ana.ruiz@acme.example', JSON.stringify({ reason: `${person} is gone` }))
    const { exitCode, text } = await restore()
    expect({ exitCode, isStopped: await isStopped() }).toEqual({ exitCode: 1, isStopped: true })
    expect(text).toContain(
      `\n  ${person}\n  do: HR uploads the file, or decides that it stays away; then add --accept-missing\n`,
    )
    expect(text).not.toContain('--inputs')
    expect((await restore({ acceptMissing: true })).exitCode).toBe(0)
  })

  test('its hints name the instant of the loss, whatever --at says', async () => {
    const before = world.clock.now()
    await world.clock.advance(60 * 60_000)
    await lose(suspension)
    const [, hinted = ''] = /--at (\S+)/.exec((await restore()).text) ?? []
    expect(new Date(hinted).getTime()).toBeGreaterThan(before.getTime() + 59 * 60_000)
    for (const at of [before, world.clock.now()]) expect((await restore({ at })).text).toContain(`--at ${hinted}\n`)
  })

  test('ends the line of the progress before it shows the plan', async () => {
    await lose()
    const told: string[] = []
    const progress = { tell: () => told.push('told'), end: () => told.push('ended') }
    const { write } = process.stderr
    process.stderr.write = (text) => {
      throw new Error(`${told.at(-1)}, then: ${text}`)
    }
    try {
      const shown = restore({ yes: false }, undefined, undefined, progress)
      await expect(shown).rejects.toThrow('ended, then: bucket ssofile\nto restore: ')
    } finally {
      process.stderr.write = write
    }
  })

  test('refuses a bucket in which ssofile never worked, and writes nothing there', async () => {
    const scratch = new MemoryObjectStore({ bucket: 'acme-scratch', clock: world.clock })
    const refused = restore({}, undefined, scratch)
    await expect(refused).rejects.toThrow('bucket acme-scratch holds no deployment of ssofile')
    expect(await Array.fromAsync(scratch.list(''))).toEqual([])
  })

  test('names the bucket in its result', async () => {
    await lose()
    expect((await restore()).text).toMatch(/^bucket ssofile\nbrought back: the owner of the bucket/)
  })

  test('finds a suspension that is missing before ssofile has noticed the loss', async () => {
    for (const key of [owner, suspension]) await world.objects.as('vandal').delete(key)
    for (const _ of [1, 2]) expect((await restore()).text).toContain(suspension)
    expect(await isStopped()).toBe(true)
  })

  test('ends the stop without missing files if the operator says so, and names them', async () => {
    await lose(suspension)
    await restore()
    const { exitCode, text } = await restore({ acceptMissing: true })
    expect(exitCode).toBe(0)
    expect(text).toContain(`  ${suspension}\nthese files are missing, and everything continues without them`)
    expect(await readPause(world.objects)).toBeUndefined()
  })

  test('leaves a pause of a person without the loss, so that a later loss has its own instant', async () => {
    await pauseChanges(world.ports, { reason: 'migration', by: 'me' })
    await lose()
    expect(await restore()).toMatchObject({ exitCode: 0, text: expect.stringContaining('ssofile resume') })
    const left = { v: 1, reason: 'migration', by: 'me', since: expect.any(String) }
    expect(await readPause(world.objects)).toEqual(left)
  })

  test('brings back the files that went until everything stopped, and names each', async () => {
    const more = Array.from({ length: 11 }, (_, nth) => `memberships/oncall%user-${nth}%ssofile`)
    for (const key of more) await world.objects.put(key, '')
    await tell(...more)
    await world.clock.advance(60_000)
    await lose(link, ...more)
    const { exitCode, text } = await restore()
    expect(exitCode).toBe(0)
    expect(await world.keys('links_data/')).toEqual([link])
    expect(await world.keys('memberships/')).toHaveLength(11)
    expect(text).toContain('brought back: 12 files, as of ')
    expect(text).toContain(`\n  ${link}\n`)
    expect(text).toContain('\n  and 2 more: --json lists them\n')
  })

  test('does not bring back a link that its owner deleted after everything had stopped, and names it', async () => {
    await lose()
    await world.objects.as('me').delete(link)
    await world.clock.advance(60_000)
    for (const _ of [1, 2]) {
      const { exitCode, text } = await restore()
      expect(exitCode).toBe(1)
      expect(text).toContain(`left alone, deleted after everything stopped: 1 file\n  ${link}\n`)
      expect(await world.keys('links_data/')).toEqual([])
      expect(await isStopped()).toBe(true)
    }
    expect((await restore({ acceptMissing: true })).exitCode).toBe(0)
    expect(await world.keys('links_data/')).toEqual([])
  })

  test('brings back a file that went after everything had stopped if the operator names the instant', async () => {
    await lose()
    await world.objects.as('vandal').delete(link)
    const [, at = ''] = /--at (\S+)/.exec((await restore()).text) ?? []
    expect((await restore({ at: new Date(at) })).exitCode).toBe(0)
    expect(await world.keys('links_data/')).toEqual([link])
  })

  test('keeps everything stopped, run after run, while nothing says which user a link that came back meant', async () => {
    const untold = link.replace('Billing', 'ReadOnly')
    await world.objects.put(untold, '')
    await world.clock.advance(60_000)
    await lose(untold, link, statusKey(link))
    for (const _ of [1, 2]) {
      const { exitCode, text } = await restore()
      expect({ exitCode, isStopped: await isStopped() }).toEqual({ exitCode: 1, isStopped: true })
      expect(text).toContain(`nothing says which user they mean: 1 file\n  ${untold}\n  do: check that the user `)
    }
    expect((await restore({ acceptMissing: true })).exitCode).toBe(0)
    expect(await isStopped()).toBe(false)
  })
})
