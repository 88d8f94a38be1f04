import type { AccountId } from '../organization/account-id.ts'
import { type PermissionSetPolicies, referenceKey } from '../permission-sets/permission-set-changes.ts'
import type { CustomerManagedPolicy } from '../permission-sets/permission-set-file.ts'
import { matchesAction } from '../text/glob.ts'
import { type ActionCatalog, accessLevels, type KnownAction } from './access-level.ts'
import { knownStatementsOf } from './policies-effect.ts'
import { type PolicyStatement, parsePolicyStatements } from './policy-statement.ts'

/** An action that is allowed before and after, but on other resources, under other conditions, or with other denials. */
export type ChangedAction = KnownAction & { readonly what: readonly ('resources' | 'conditions' | 'denials')[] }

/** The text of a managed policy and the account where it was read, or why it is unknown. */
export type PolicyText = { readonly document: string; readonly account: AccountId } | { readonly why: string }

/** The effect of a permission set's change. The gravest level first, then by name. */
export type PermissionsChange = {
  /** By the inline policy and the managed policies that were read. Other policies may allow or deny the actions too. */
  readonly gained: readonly KnownAction[]
  readonly lost: readonly KnownAction[]
  readonly changed: readonly ChangedAction[]
  readonly policiesGained: readonly string[]
  /** New managed policies that are known to deny something. They may allow other things. */
  readonly policiesDenying: readonly string[]
  readonly policiesLost: readonly string[]
  /** The managed policies whose actions count, including unchanged ones. */
  readonly policiesRead: readonly { readonly name: string; readonly account: AccountId }[]
  /** Managed policies that are only named, because their text could not be read. */
  readonly policiesNotRead: readonly { readonly name: string; readonly why: string }[]
  /** Whole sentences for the people who approve the change. */
  readonly warnings: readonly string[]
}

const none: PermissionSetPolicies = { managedPolicyArns: [], customerManagedPolicies: [] }

/** `before` absent: the permission set is new. `texts`: of managed policies, by name. Empty: nobody read them. */
export function comparePermissions(
  {
    before = none,
    after,
    texts = new Map(),
  }: {
    readonly before?: PermissionSetPolicies | undefined
    readonly after: PermissionSetPolicies
    readonly texts?: ReadonlyMap<string, PolicyText>
  },
  catalog: ActionCatalog,
): PermissionsChange {
  const [old, now] = [parseAll(before, texts), parseAll(after, texts)]
  const actions = old && now ? compareActions(old, now, catalog) : { gained: [], lost: [], changed: [] }
  const [policiesBefore, policiesAfter] = [namePolicies(before), namePolicies(after)]
  const policiesNew = policiesAfter.filter((one) => !policiesBefore.includes(one))
  const isDenying = (name: string) => denialsOf(name, texts).length > 0
  const policiesGained = policiesNew.filter((one) => !isDenying(one))
  return {
    ...actions,
    policiesGained,
    policiesDenying: policiesNew.filter(isDenying),
    policiesLost: policiesBefore.filter((one) => !policiesAfter.includes(one)),
    policiesRead: [...texts].flatMap(([name, text]) => ('why' in text ? [] : [{ name, account: text.account }])),
    policiesNotRead: [...texts].flatMap(([name, text]) => ('why' in text ? [{ name, why: text.why }] : [])),
    warnings: [
      ...(old && now ? [] : ['ssofile cannot analyze a part of the inline policy: read the policy yourself']),
      ...warnOfStatements(old ?? [], now ?? []),
      ...warnOfActions([...actions.gained, ...actions.changed]),
      ...warnOfPolicies(policiesGained),
      ...warnOfBoundary(before, after),
    ],
  }
}

/** The managed policies of these versions of a permission set, each once. */
export function listManagedPolicies(
  ...versions: readonly PermissionSetPolicies[]
): readonly (string | CustomerManagedPolicy)[] {
  const all = versions.flatMap((one) => [...one.managedPolicyArns, ...one.customerManagedPolicies])
  const byName = new Map(all.map((one) => [nameManagedPolicy(one), one]))
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, policy]) => policy)
}

/** The ARN of an AWS managed policy, or the path and name of a customer's. */
export function nameManagedPolicy(policy: string | CustomerManagedPolicy): string {
  return typeof policy === 'string' ? policy : `customer managed ${referenceKey(policy)}`
}

/** `undefined`: a policy has something that this code does not understand. */
function parseAll(
  policies: PermissionSetPolicies,
  texts: ReadonlyMap<string, PolicyText>,
): readonly PolicyStatement[] | undefined {
  const managed = namePolicies(policies).map((name) => {
    const text = readStatements(name, texts)
    return text ? text.read : denialsOf(name, texts)
  })
  const parsed = [parsePolicyStatements(policies.inlinePolicy), ...managed]
  return parsed.some((one) => one === undefined) ? undefined : parsed.flatMap((one) => one ?? [])
}

/** `undefined`: nobody read the policy. Else as `parsePolicyStatements`. */
function readStatements(name: string, texts: ReadonlyMap<string, PolicyText>) {
  const text = texts.get(name)
  return text === undefined || 'why' in text ? undefined : { read: parsePolicyStatements(text.document) }
}

/** The denials of a managed policy, by its text or by our list of AWS's policies. */
function denialsOf(name: string, texts: ReadonlyMap<string, PolicyText>): readonly PolicyStatement[] {
  const statements = readStatements(name, texts)?.read ?? knownStatementsOf(name) ?? []
  return statements.filter(({ effect }) => effect === 'Deny')
}

function compareActions(old: readonly PolicyStatement[], now: readonly PolicyStatement[], catalog: ActionCatalog) {
  const gained: KnownAction[] = []
  const lost: KnownAction[] = []
  const changed: ChangedAction[] = []
  const [before, after] = [old.map(byService), now.map(byService)]
  for (const [key, action] of listActions([...old, ...now], catalog)) {
    const [was, is] = [judge(key, before), judge(key, after)]
    if (!was.isAllowed && is.isAllowed) gained.push(action)
    if (was.isAllowed && !is.isAllowed) lost.push(action)
    if (!was.isAllowed || !is.isAllowed) continue
    const what = (['resources', 'conditions', 'denials'] as const).filter((one) => was[one] !== is[one])
    // The resources and the conditions are the same, but in other pairs.
    const isPaired = what.length === 0 && was.pairs !== is.pairs
    if (what.length > 0 || isPaired) changed.push({ ...action, what: isPaired ? ['conditions'] : what })
  }
  const gravity = ({ level, name }: KnownAction) => `${accessLevels.indexOf(level)} ${name}`
  const byGravity = (a: KnownAction, b: KnownAction) => (gravity(a) < gravity(b) ? -1 : 1)
  return { gained: gained.sort(byGravity), lost: lost.sort(byGravity), changed: changed.sort(byGravity) }
}

/** The actions of AWS's catalog, and others in the statements: of a new service, or with a wrong name. */
function listActions(statements: readonly PolicyStatement[], catalog: ActionCatalog): ActionCatalog {
  const named = new Set(statements.flatMap(({ actions }) => actions))
  const all = [...catalog.keys()]
  const known = Map.groupBy(all, serviceOf)
  const unknown = [...named].filter((pattern) => {
    const service = serviceOf(pattern)
    const some = service === '' ? all : (known.get(service) ?? [])
    return pattern !== '*' && !catalog.has(pattern) && !some.some((action) => matchesAction(pattern, action))
  })
  return new Map([...catalog, ...unknown.map((name) => [name, { name, level: 'unknown' as const }] as const)])
}

/** The actions of a statement by service, because a policy of AWS may name 1,500. `''`: actions that may belong to any service. */
type ByService = PolicyStatement & { readonly services: ReadonlyMap<string, readonly string[]> }

function byService(statement: PolicyStatement): ByService {
  return { ...statement, services: Map.groupBy(statement.actions, serviceOf) }
}

function serviceOf(pattern: string): string {
  return /^[^:*?]+(?=:)/.exec(pattern)?.[0] ?? ''
}

/** The effect of the statements on one action. Equal texts mean the same effect. A denial without limits leaves nothing. */
function judge(action: string, statements: readonly ByService[]) {
  const service = serviceOf(action)
  const isNamed = (patterns: readonly string[] = []) => patterns.some((pattern) => matchesAction(pattern, action))
  const about = statements.filter(
    ({ services, isInverted }) => (isNamed(services.get(service)) || isNamed(services.get(''))) !== isInverted,
  )
  const render = (texts: readonly string[]) => [...new Set(texts)].sort().join('\n')
  const pairs = (some: readonly PolicyStatement[]) => render(some.map((one) => `${one.resources} ${one.condition}`))
  const allowing = about.filter(({ effect }) => effect === 'Allow')
  const denying = about.filter(({ effect }) => effect === 'Deny')
  // A statement without limits allows everything that the others allow.
  const limiting = allowing.find(({ isUnlimited }) => isUnlimited)
  const counted = limiting ? [limiting] : allowing
  return {
    isAllowed: allowing.length > 0 && !denying.some(({ isUnlimited }) => isUnlimited),
    resources: render(counted.map(({ resources }) => resources)),
    conditions: render(counted.map(({ condition }) => condition)),
    denials: pairs(denying),
    pairs: pairs(counted),
  }
}

function warnOfStatements(old: readonly PolicyStatement[], now: readonly PolicyStatement[]): readonly string[] {
  const allowing = (statements: readonly PolicyStatement[]) => statements.filter(({ effect }) => effect === 'Allow')
  const isNew = (test: (statement: PolicyStatement) => boolean) =>
    allowing(now).filter(test).length > allowing(old).filter(test).length
  const namesAll = ({ actions, isInverted }: PolicyStatement) =>
    !isInverted && actions.some((action) => action === '*' || action === '*:*')
  return [
    ...(isNew(namesAll) ? ['it allows every action (*), also those that AWS adds later'] : []),
    ...(isNew(({ isInverted }) => isInverted)
      ? ['NotAction in a statement that allows: every action but those named, also those that AWS adds later']
      : []),
  ]
}

function warnOfActions(actions: readonly KnownAction[]): readonly string[] {
  const managing = actions.filter(({ level }) => level === 'Permissions management')
  const [first] = managing
  const passes = actions.some(({ name }) => name.toLowerCase() === 'iam:passrole')
  return [
    ...(passes
      ? ['iam:PassRole: lets people give a role to a service, and do through the service what that role may']
      : []),
    ...(first
      ? [
          `${managing.length} of the actions manage permissions, for instance ${first.name}: with them people may give themselves more`,
        ]
      : []),
  ]
}

function warnOfPolicies(gained: readonly string[]): readonly string[] {
  const all = gained.filter((one) => /^arn:[^:]+:iam::aws:policy\/AdministratorAccess$/.test(one))
  return all.map((one) => `${one} allows every action (*) on every resource`)
}

/**
 * "Permissions boundaries do not define the maximum permissions that a resource-based policy can grant to an entity." "You
 * cannot set the boundary for a service-linked role." (IAM API Reference, "PutRolePermissionsBoundary".)
 */
function warnOfBoundary(before: PermissionSetPolicies, after: PermissionSetPolicies): readonly string[] {
  const [old, now] = [before, after].map(({ permissionsBoundary }) => JSON.stringify(permissionsBoundary))
  if (now === undefined)
    return old === undefined ? [] : ['the permissions boundary is removed: nothing limits the policies any more']
  if (old === now && before.inlinePolicy === after.inlinePolicy) return []
  return [
    `${old === undefined || old === now ? '' : 'another permissions boundary; '}actions outside the permissions boundary stay refused. The boundary does not limit what resource policies grant (of buckets, keys, other accounts), and service-linked roles cannot have one`,
  ]
}

function namePolicies(policies: PermissionSetPolicies): readonly string[] {
  return listManagedPolicies(policies).map(nameManagedPolicy)
}
