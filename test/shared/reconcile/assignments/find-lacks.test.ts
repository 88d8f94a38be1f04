import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principals/principal.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { lackOfName, lackOfSet } from '../../../../shared/reconcile/assignments/find-lacks.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'

type Named = { readonly principal?: string; readonly type?: PrincipalType; readonly permissionSet?: string }

/** What is told of these names. */
function open({ principal = 'team-Accountants', type = 'GROUP', permissionSet }: Named, options: SettlingOptions = {}) {
  const bench = new Settling(options)
  const lack = bench.within(async (context) => {
    if (permissionSet === undefined) return lackOfName({ type, principal: principalName.parse(principal) }, context)
    const name = permissionSetName.parse(permissionSet)
    expect(await context.permissionSets.resolve(name)).toBeUndefined()
    return lackOfSet(name, context)
  })
  return { bench, lack }
}

describe('a name that nobody has', () => {
  test.each<[string, Named, string, string]>([
    [
      'a permission set',
      { permissionSet: 'Unknown-ps' },
      "permission set 'Unknown-ps' does not exist",
      'upload permission_sets/Unknown-ps.json, or look at its status if you already have; ssofile applies the link when the permission set exists',
    ],
    [
      'a permission set that is there under another spelling',
      { permissionSet: 'billing-ps' },
      "permission set 'billing-ps' does not exist; did you mean 'Billing-ps'?",
      'upload permission_sets/billing-ps.json, or look at its status if you already have; ssofile applies the link when the permission set exists',
    ],
    [
      'a group',
      { principal: 'zzzzzzzzzzzz' },
      "group 'zzzzzzzzzzzz' does not exist in the identity store",
      'create the group, or upload the link with the exact name; ssofile applies it when the group exists',
    ],
    [
      'a user',
      { principal: 'zzzzzzzzzzzz', type: 'USER' },
      "user 'zzzzzzzzzzzz' does not exist in the identity store",
      'create the user, or upload the link with the exact name; ssofile applies it when the user exists',
    ],
    [
      'a group that is there under another spelling',
      { principal: 'team-Acountants' },
      "group 'team-Acountants' does not exist in the identity store; did you mean 'team-Accountants'?",
      'upload the link with that name, or create the group; ssofile applies it when the group exists',
    ],
    [
      'a user that is there, as in a URL',
      { principal: 'kenji.ito%40acme.example', type: 'USER' },
      "user 'kenji.ito%40acme.example' does not exist in the identity store; did you mean 'kenji.ito@acme.example'?",
      'upload the link with that name, or create the user; ssofile applies it when the user exists',
    ],
    [
      'a group that is a user',
      { principal: 'kenji.ito@acme.example' },
      "group 'kenji.ito@acme.example' does not exist in the identity store, but a user of this name does",
      'if you mean the user, upload the link again with %USER%ssofile at the end, then delete this one',
    ],
    [
      'a user that is a group',
      { principal: 'team-Accountants', type: 'USER' },
      "user 'team-Accountants' does not exist in the identity store, but a group of this name does",
      'if you mean the group, upload the link again with %GROUP%ssofile at the end, then delete this one',
    ],
  ])('of %s is told with what to do', async (_, named, reason, remedy) => {
    expect(await open(named).lack).toMatchObject({ reason, remedy })
  })

  test.each(['GROUP', 'USER'] as const)(
    'that is the id of a user, in a link of type %s, is told with the name',
    async (type) => {
      const bench = new Settling({}, 'kenji.ito@acme.example', 'USER')
      const { principalId: id } = bench.target()
      const lack = bench.within((context) => lackOfName({ type, principal: principalName.parse(id) }, context))
      expect(await lack).toMatchObject({ reason: `'${id}' is the id of user 'kenji.ito@acme.example'` })
    },
  )

  test('that a renamed user had is told without the new one where a status may name nothing of others', async () => {
    const bench = new Settling({ configuration: { privacy: 'folder' } }, 'kenji.ito@acme.example', 'USER')
    const { principalId: id } = bench.target()
    await bench.world.identityStore.updateUser(id, [{ path: 'userName', value: 'kenji.ito@new.example' }])
    const lack = bench.within((context) => lackOfName(bench.assignment, context, id))
    expect(await lack).toMatchObject({ reason: "user 'kenji.ito@acme.example' has another name now" })
  })

  test.each<Named>([{ permissionSet: 'billing-ps' }, { principal: 'team-Acountants' }])(
    'is told without a near one where a status may name nothing of others: %j',
    async (named) => {
      const { lack } = open(named, { configuration: { privacy: 'folder' } })
      expect(await lack).toMatchObject({ reason: expect.stringMatching(/does not exist[^;]*$/) })
    },
  )

  test('is told without a near one where the directory cannot be searched, and the log says so', async () => {
    const refusal = new ServiceError('identitystore', 'AccessDeniedException', 'no')
    const searching = (error: Error): SettlingOptions => ({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'listPrincipals') throw error
        return proceed()
      },
    })
    const { bench, lack } = open({ principal: 'team-Acountants' }, searching(refusal))
    expect(await lack).toMatchObject({ reason: "group 'team-Acountants' does not exist in the identity store" })
    expect(bench.world.log.lines).toEqual([
      { level: 'warn', message: 'the directory could not be searched for a near name', fields: { error: refusal } },
    ])
    const bug = new TypeError('a bug')
    await expect(open({ principal: 'team-Acountants' }, searching(bug)).lack).rejects.toBe(bug)
  })
})
