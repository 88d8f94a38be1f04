import * as z from 'zod'
import { accountId } from '../domain/organization/account-id.ts'
import { accountStates } from '../domain/organization/organization-view.ts'
import { tags } from '../domain/organization/tags.ts'
import { permissionSetName } from '../domain/permission-sets/permission-set-name.ts'
import { principalName, principalType } from '../domain/principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../domain/statuses/complaint.ts'
import { isName } from './identity-store/check-name.ts'
import { tagKey, tagsMost, tagValue } from './organizations/check-tags.ts'
import { depthMost } from './organizations/organization-tree.ts'

const accountInFile = z.strictObject({
  id: accountId,
  name: z.string().min(1).max(50),
  email: z.string().regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an email address'),
  tags: tags
    .refine(
      (all) => Object.entries(all).every(isTag),
      'keys of 1 to 128 and values of at most 256 characters of AWS’s set',
    )
    .refine((all) => Object.keys(all).length <= tagsMost, `at most ${tagsMost} tags`)
    .default({}),
  state: z.enum(accountStates).default('ACTIVE'),
})

function isTag([key, value]: [string, string]): boolean {
  return tagKey.safeParse(key).success && tagValue.safeParse(value).success
}

/** Source of the patterns: Organizations API Reference, "Root" and "OrganizationalUnit". */
const rootId = z.string().regex(/^r-[0-9a-z]{4,32}$/, 'r- and 4 to 32 small letters or digits')
const unitId = z
  .string()
  .regex(/^ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/, 'ou-, the root without r-, -, 8 letters or digits')

const organizationalUnit = z.strictObject({
  id: unitId,
  name: z.string().min(1).max(128),
  accounts: z.array(accountInFile).default([]),
  get organizationalUnits() {
    return z.array(organizationalUnit).default([])
  },
})

/** The `--organization FILE` format: an organization, its directory, and its Identity Center before ssofile. */
export const organizationFile = z
  .strictObject({
    managementAccountId: accountId,
    root: z.strictObject({
      id: rootId,
      accounts: z.array(accountInFile).default([]),
      organizationalUnits: z.array(organizationalUnit).default([]),
    }),
    groups: z.array(principalName.refine((name) => isName('GROUP', name), 'no group can have this name')).default([]),
    users: z.array(principalName.refine((name) => isName('USER', name), 'no user can have this name')).default([]),
    /** The user names of the people in each group. */
    members: z.record(principalName, z.array(principalName)).default({}),
    /** Each in the format of a file under `permission_sets/`; filling the models checks it. */
    permissionSets: z.array(z.looseObject({ permissionSetName })).default([]),
    assignments: z
      .array(
        z.strictObject({
          account: accountId,
          permissionSet: permissionSetName,
          principal: principalName,
          type: principalType,
        }),
      )
      .default([]),
  })
  .check((context) => {
    for (const { path, message } of findContradictions(context.value))
      context.issues.push({ code: 'custom', input: context.value, path: [...path], message })
  })
export type OrganizationFile = z.infer<typeof organizationFile>
export type AccountInFile = z.infer<typeof accountInFile>
export type UnitInFile = z.infer<typeof organizationalUnit>

/** Parses a value from JSON.parse. `file`: its name for complaints; the result has every fault with its path. */
export function parseOrganizationFile(file: string, json: unknown): Parsed<OrganizationFile> {
  const result = organizationFile.safeParse(json)
  if (result.success) return parsed(result.data)
  const faults = result.error.issues.map(({ path, message }) => `${renderPath(path)}: ${message}`)
  return refused({
    object: file,
    received: quote(faults.join('; '), 2000),
    expected: 'an organization in the format of --organization',
    remedy: 'correct these places',
  })
}

/** The path of a field in words of the file, such as `root.accounts[0].id`. */
function renderPath(path: readonly PropertyKey[]): string {
  const rendered = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return rendered === '' ? 'the file' : rendered.replace(/^\./, '')
}

type Fault = { readonly path: readonly (string | number)[]; readonly message: string }
type Container = Pick<UnitInFile, 'accounts' | 'organizationalUnits'>
type PlacedId = { readonly path: readonly (string | number)[]; readonly id: string }

/** Faults that no single value shows: duplicate ids, and references to missing objects. */
function findContradictions(file: OrganizationFile): readonly Fault[] {
  const accounts = foundAccounts(file.root, ['root'])
  const units = foundUnits(file.root, ['root'])
  const accountIds = new Set(accounts.map(({ id }) => id))
  const sets = file.permissionSets.map(({ permissionSetName: id }, index) => ({ id, path: ['permissionSets', index] }))
  const groups = file.groups.map((id, index) => ({ id, path: ['groups', index] }))
  const users = file.users.map((id, index) => ({ id: id.toLowerCase(), path: ['users', index] }))
  const unknownMembers = Object.entries(file.members).flatMap(([group, members]): Fault[] => {
    const path = ['members', group]
    const unknown = members.flatMap((user, index) =>
      file.users.includes(user) ? [] : [{ path: [...path, index], message: `no USER '${user}' in this file` }],
    )
    const repeated = findRepetitions(members.map((id, index) => ({ id, path: [...path, index] })))
    const isGroup = file.groups.some((one) => one === group)
    return [...(isGroup ? [] : [{ path, message: `no GROUP '${group}' in this file` }]), ...unknown, ...repeated]
  })
  const strangers = file.assignments.flatMap((assignment, index): Fault[] => {
    const path = ['assignments', index]
    const names: readonly string[] = assignment.type === 'GROUP' ? file.groups : file.users
    return [
      ...(accountIds.has(assignment.account)
        ? []
        : [
            { path: [...path, 'account'], message: `received ${assignment.account}, expected an account of this file` },
          ]),
      ...(sets.some(({ id }) => id === assignment.permissionSet)
        ? []
        : [
            { path: [...path, 'permissionSet'], message: `no permission set ${assignment.permissionSet} in this file` },
          ]),
      ...(names.includes(assignment.principal)
        ? []
        : [{ path: [...path, 'principal'], message: `no ${assignment.type} '${assignment.principal}' in this file` }]),
    ]
  })
  return [
    ...(accountIds.has(file.managementAccountId)
      ? []
      : [{ path: ['managementAccountId'], message: `no account ${file.managementAccountId} in this file` }]),
    ...[accounts, units, sets, groups, users].flatMap(findRepetitions),
    ...findMisplacedUnits(file.root, ['root']),
    ...unknownMembers,
    ...strangers,
  ]
}

function findRepetitions(found: readonly PlacedId[]): readonly Fault[] {
  const seen = new Set<string>()
  return found.flatMap(({ id, path }) => {
    if (seen.has(id)) return [{ path, message: `'${id}' occurs a second time` }]
    seen.add(id)
    return []
  })
}

function foundAccounts(container: Container, path: readonly (string | number)[]): readonly PlacedId[] {
  return [
    ...container.accounts.map(({ id }, index) => ({ id, path: [...path, 'accounts', index] })),
    ...container.organizationalUnits.flatMap((unit, index) =>
      foundAccounts(unit, [...path, 'organizationalUnits', index]),
    ),
  ]
}

/** Units too deep, and siblings with equal names: AWS refuses to create either. */
function findMisplacedUnits(container: Container, path: readonly (string | number)[], depth = 1): readonly Fault[] {
  const names = container.organizationalUnits.map(({ name }) => name)
  return container.organizationalUnits.flatMap((unit, index) => {
    const unitPath = [...path, 'organizationalUnits', index]
    return [
      ...(depth === depthMost + 1
        ? [{ path: unitPath, message: `deeper than ${depthMost} levels below the root` }]
        : []),
      ...(names.indexOf(unit.name) < index
        ? [{ path: [...unitPath, 'name'], message: `a second '${unit.name}' in one place` }]
        : []),
      ...findMisplacedUnits(unit, unitPath, depth + 1),
    ]
  })
}

function foundUnits(container: Container, path: readonly (string | number)[]): readonly PlacedId[] {
  return container.organizationalUnits.flatMap((unit, index) => {
    const unitPath = [...path, 'organizationalUnits', index]
    return [{ id: unit.id, path: unitPath }, ...foundUnits(unit, unitPath)]
  })
}
