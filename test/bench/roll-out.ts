import { accountId } from '../../shared/domain/organization/account-id.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { allAtOnceMost } from '../../shared/reconcile/permission-sets/plan-provisioning.ts'
import { atLeast, type Benchmark, nearBound, parseNumbers } from './benchmark.ts'
import { accountOf, CeilingWorld, linkOf, lowerBound, openBrake, quotaFigures } from './ceiling-world.ts'

const file = 'permission_sets/Rolled.json'
const contentOf = (policies: readonly string[]) =>
  JSON.stringify({ permissionSetName: 'Rolled', managedPoliciesArnList: policies })
const links = 4
/** Of the accounts that can be provisioned one after the other meanwhile, at least so many are. */
const shareLeast = 0.5
const mostRatio = 1.15

/** A permission set that thousands of accounts have gets a policy while assignments wait. */
export const rollOut: Benchmark = {
  name: 'roll-out',
  usage: 'roll-out [--accounts 4000] [--assignments 1000]',
  summary: 'a policy added to a permission set in 4,000 accounts while 1,000 assignments wait, beside the least times',
  clock: 'virtual',
  async run(options) {
    const { accounts, assignments } = parseNumbers(options, { accounts: 4_000, assignments: 1_000 })
    const world = CeilingWorld.open({ accounts, sets: 1 }, { configuration: openBrake })
    await world.look()
    await world.finish(new OrganizationCache(world.ports, []).rebuild())
    world.work()
    await world.objects.put(file, contentOf([]))
    await world.until(() => world.ssoAdmin.permissionSetArnOf('Rolled') !== undefined, 'the permission set')
    await world.untilSettled()
    const permissionSetArn = world.ssoAdmin.permissionSetArnOf('Rolled')
    const principalId = world.identityStore.idOf('GROUP', 'group-99')
    if (!permissionSetArn || !principalId) throw new Error('there is no permission set, or no group')
    for (let index = 0; index < accounts; index++)
      world.ssoAdmin.addAssignment({
        accountId: accountId.parse(accountOf(index)),
        permissionSetArn,
        principalId,
        principalType: 'GROUP',
      })
    await world.clock.advance(60_000)
    const beganMs = world.begin()
    await world.objects.put(file, contentOf(['arn:aws:iam::aws:policy/ReadOnlyAccess']))
    for (let index = 0; index < assignments; index++)
      await world.objects.put(
        linkOf(`account%${accountOf(index % accounts)}`, 0, (index + Math.floor(index / accounts)) % links),
        '',
      )
    const isOf = (kind: 'provisioning' | 'creation') => (one: CeilingWorld['served'][number]) => one.kind === kind
    const endOf = (kind: 'provisioning' | 'creation') =>
      (Math.max(...world.served.filter(isOf(kind)).map(({ dueAt }) => dueAt.getTime())) - beganMs) / 1000
    await world.until(() => world.served.filter(isOf('creation')).length >= assignments, 'the assignments', 24 * 60)
    const provisionedMeanwhile = world.served.filter(isOf('provisioning')).length
    // It looks through all accounts, so it is asked only once it may hold.
    const isProvisioned = () => world.ssoAdmin.staleAccountsNow(permissionSetArn).length === 0
    const served = assignments + (accounts > allAtOnceMost ? accounts : 1)
    await world.until(() => world.served.length >= served && isProvisioned(), 'the accounts', 24 * 60)
    const bound = (kind: 'provisioning' | 'creation') => lowerBound(world.served.filter(isOf(kind)), 0).seconds
    const seconds = { creation: endOf('creation'), provisioning: endOf('provisioning') }
    const oneAfterTheOther = (accounts * seconds.creation) / bound('provisioning')
    return {
      lines: [`${provisionedMeanwhile} accounts were provisioned while ${assignments} assignments were made`],
      figures: [
        nearBound(mostRatio, {
          figure: `${assignments} assignments`,
          value: seconds.creation,
          unit: 's',
          bound: bound('creation'),
        }),
        nearBound(mostRatio, {
          figure: `${accounts} accounts provisioned`,
          value: seconds.provisioning,
          unit: 's',
          bound: bound('provisioning'),
        }),
        atLeast(shareLeast, {
          figure: 'provisioned while assignments waited, of what one after the other allows',
          value: provisionedMeanwhile / oneAfterTheOther,
          unit: '',
        }),
        ...quotaFigures(world, 'both'),
      ],
    }
  },
}
