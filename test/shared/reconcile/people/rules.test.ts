import { expect, test } from '@jest/globals'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/brake/brake-file.ts'
import { Grouping, kenji } from './grouping.ts'

const rule = 'rules/oncall.json'
const engineers = { department: ['Engineering'] }

/** People with a department of their own, beside the others of the directory. */
class Ruling {
  readonly grouping: Grouping
  constructor(grouping: Grouping) {
    this.grouping = grouping
  }

  static async begin(configuration: Parameters<typeof Grouping.begin>[0] = {}): Promise<Ruling> {
    return new Ruling(await Grouping.begin(configuration))
  }

  async addEngineers(count: number): Promise<readonly string[]> {
    const names = Array.from({ length: count }, (_, index) => `engineer-${index}@acme.example`)
    for (const name of names) {
      await this.grouping.world.clock.advance(200)
      await this.grouping.world.identityStore.createUser({
        userName: name,
        attributes: { Extensions: { 'aws:identitystore:enterprise': { department: 'Engineering' } } },
      })
    }
    return names
  }

  /** As whoever writes the attributes does it; the directory tells of it. */
  async move(name: string, department: string): Promise<void> {
    const path = 'aws:identitystore:enterprise.department'
    await this.grouping.world.clock.advance(200)
    await this.grouping.world.identityStore.updateUser(this.grouping.id('USER', name), [{ path, value: department }])
  }

  isIn(name: string): boolean {
    return this.grouping.groupsOf(name).includes('oncall')
  }

  async people() {
    return (await this.grouping.status(rule)) as
      | { state: string; people?: Record<string, number>; reason?: string }
      | undefined
  }

  until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    return this.grouping.world.until(async () => holds(), what)
  }
}

test('a rule puts in whom it means, and deleting it takes them out', async () => {
  const ruling = await Ruling.begin()
  const { grouping } = ruling
  const [ana = '', bo = ''] = await ruling.addEngineers(2)
  await grouping.put(rule, { ...engineers, except: [{ title: ['Intern'] }] })
  await grouping.until(rule, 'applied')
  expect([ruling.isIn(ana), ruling.isIn(bo), ruling.isIn(kenji)]).toEqual([true, true, false])
  expect(await ruling.people()).toMatchObject({ people: { matching: 2, members: 2, waiting: 0, held: 0 } })
})
