import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../../shared/domain/assignment.ts'
import { principalId } from '../../../../shared/domain/identity-center-ids.ts'
import { permissionSetName } from '../../../../shared/domain/permission-set-name.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principal.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { resolveTarget } from '../../../../shared/reconcile/assignments/resolve-target.ts'
import type { BoundLink } from '../../../../shared/reconcile/assignments/user-binding.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'

const linkOf = (key: string) => ({ key, etag: 'e', lastModified: '2026-03-03T10:00:00.000Z' })
const free: BoundLink = { link: linkOf('links_data/free'), boundTo: undefined }
const elsewhere: BoundLink = {
  link: linkOf('links_data/bound'),
  boundTo: principalId.parse('ffffffff-2222-3333-4444-555555555555'),
}

type Named = { readonly principal?: string; readonly type?: PrincipalType; readonly permissionSet?: string }

function resolve(links: readonly BoundLink[], named: Named = {}, options: SettlingOptions = {}) {
  const bench = new Settling(options)
  const assignment = {
    ...bench.assignment,
    principal: principalName.parse(named.principal ?? 'team-Accountants'),
    permissionSet: permissionSetName.parse(named.permissionSet ?? 'Billing-ps'),
    type: named.type ?? 'GROUP',
  }
  const key = renderAssignmentKey(assignment)
  const resolved = bench.within((context) => resolveTarget({ key, assignment, context }, links))
  return { bench, resolved }
}

describe('what the names of a link stand for', () => {
  test('is found, for the links that may be applied to it; the others lack their user', async () => {
    const { bench, resolved } = resolve([elsewhere, free])
    expect(await resolved).toEqual({
      target: bench.target(),
      links: [free.link],
      lacks: new Map<string, unknown>([
        ['links_data/bound', { reason: expect.stringContaining('is no longer the user'), remedy: expect.any(String) }],
        ['links_data/free', 'none'],
      ]),
    })
  })

  test('is found for a link that is bound to this very one', async () => {
    const mine: BoundLink = { link: linkOf('links_data/mine'), boundTo: new Settling().target().principalId }
    const { resolved } = resolve([mine])
    expect(await resolved).toMatchObject({ links: [mine.link], lacks: new Map([['links_data/mine', 'none']]) })
  })

  test('is found where no link asks', async () => {
    const { bench, resolved } = resolve([])
    expect(await resolved).toEqual({ target: bench.target(), links: [], lacks: new Map() })
  })

  test('is not found where all links are bound to somebody else', async () => {
    const { resolved } = resolve([elsewhere])
    expect(await resolved).toEqual({
      lack: { reason: expect.stringContaining('is no longer the user'), remedy: expect.any(String) },
      lacks: new Map([['links_data/bound', expect.anything()]]),
    })
  })
})

describe('a name that nobody has', () => {
  test.each<[string, Named, string, string]>([
    [
      'a permission set',
      { permissionSet: 'Unknown-ps' },
      "permission set 'Unknown-ps' does not exist",
      'upload permission_sets/Unknown-ps.json; the link is applied when it exists',
    ],
    [
      'a permission set that is there under another spelling',
      { permissionSet: 'billing-ps' },
      "permission set 'billing-ps' does not exist; did you mean 'Billing-ps'?",
      'upload permission_sets/billing-ps.json; the link is applied when it exists',
    ],
    [
      'a group',
      { principal: 'zzzzzzzzzzzz' },
      "group 'zzzzzzzzzzzz' does not exist in the identity store",
      'create the group, or upload the link with the exact name; it is applied when the group exists',
    ],
    [
      'a user',
      { principal: 'zzzzzzzzzzzz', type: 'USER' },
      "user 'zzzzzzzzzzzz' does not exist in the identity store",
      'create the user, or upload the link with the exact name; it is applied when the user exists',
    ],
    [
      'a group that is there under another spelling',
      { principal: 'team-Acountants' },
      "group 'team-Acountants' does not exist in the identity store; did you mean 'team-Accountants'?",
      'create the group, or upload the link with the exact name; it is applied when the group exists',
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
  ])('of %s is told to every link, with what to do', async (_, named, reason, remedy) => {
    const { resolved } = resolve([free, elsewhere], named)
    const lack = { reason, remedy }
    expect(await resolved).toEqual({
      lack,
      lacks: new Map([
        ['links_data/free', lack],
        ['links_data/bound', lack],
      ]),
    })
  })

  test.each<Named>([{ permissionSet: 'billing-ps' }, { principal: 'team-Acountants' }])(
    'is told without a near one where a status may name nothing of others: %j',
    async (named) => {
      const { resolved } = resolve([free], named, { configuration: { privacy: 'folder' } })
      expect(await resolved).toMatchObject({ lack: { reason: expect.stringMatching(/does not exist[^;]*$/) } })
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
    const { bench, resolved } = resolve([free], { principal: 'team-Acountants' }, searching(refusal))
    expect(await resolved).toMatchObject({
      lack: { reason: "group 'team-Acountants' does not exist in the identity store" },
    })
    expect(bench.world.log.lines).toEqual([
      { level: 'warn', message: 'the directory could not be searched for a near name', fields: { error: refusal } },
    ])
    const bug = new TypeError('a bug')
    await expect(resolve([free], { principal: 'team-Acountants' }, searching(bug)).resolved).rejects.toBe(bug)
  })
})
