import * as z from 'zod'
import type { NewAccess, PolicyFinding, PolicyFindingType } from '../../domain/iam-policies/access-check.ts'
import { comparePermissions } from '../../domain/iam-policies/compare-permissions.ts'
import { oneOrMore, type PolicyStatement, parsePolicyStatements } from '../../domain/iam-policies/policy-statement.ts'
import { parseLooseJson } from '../../domain/json/loose-json.ts'
import { matchesAction } from '../../domain/text/glob.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Page } from '../../ports/page.ts'
import type { PolicyChecker } from '../../ports/policy-checker.ts'
import { CallGate, type CallObserver } from '../call-gate.ts'
import { TokenBucket } from '../organizations/token-bucket.ts'
import { sortedPage } from '../page-of.ts'
import { Refusal } from '../refusal.ts'

/** An assumption: AWS documents no rate of these two. */
const rate = { perSecond: 5, burst: 20 }
/** Fewer than AWS's, as elsewhere in these models. */
const pageMost = 3
const refuse = (code: string, message: string): Refusal => new Refusal('access-analyzer', code, message)
const document = z.looseObject({
  Version: z.string().optional(),
  Statement: z.union([z.array(z.looseObject({})), z.looseObject({}).transform((one) => [one])]).optional(),
})
const statement = z.looseObject({
  Effect: z.unknown(),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  NotResource: oneOrMore.optional(),
})

/**
 * A model of IAM Access Analyzer's policy checks. It has few of AWS's checks (IAM Access Analyzer User Guide, "policy check reference"),
 * and compares actions only: if two policies differ in resources, conditions or denials, it gives AWS's answer for an impossible
 * comparison. Throws ServiceError.
 */
export class MemoryPolicyChecker implements PolicyChecker {
  readonly #gate: CallGate

  constructor(options: CallObserver & { readonly clock: Clock }) {
    const limiter = new TokenBucket(rate)
    const tooFast = () => refuse('ThrottlingException', 'Rate exceeded')
    this.#gate = new CallGate({ ...options, limiterFor: () => limiter, tooFast })
  }

  async validatePolicy(text: string, nextToken?: string): Promise<Page<PolicyFinding>> {
    this.#gate.enter('ValidatePolicy')
    if (text.length === 0) throw refuse('ValidationException', 'policyDocument must not be empty')
    const invalid = () => refuse('ValidationException', 'Invalid nextToken')
    const indexOf = ([index]: readonly [number, PolicyFinding]) => String(index).padStart(4, '0')
    const page = sortedPage([...listFindings(text).entries()], indexOf, { nextToken, most: pageMost }, invalid)
    return { ...page, items: page.items.map(([, finding]) => finding) }
  }

  async checkNoNewAccess(before: string, after: string): Promise<NewAccess> {
    this.#gate.enter('CheckNoNewAccess')
    const [old, now] = [parsePolicyStatements(before), parsePolicyStatements(after)]
    if (old === undefined || now === undefined)
      throw refuse('InvalidParameterException', 'The policy document is not valid.')
    const policies = (inlinePolicy: string) => ({ managedPolicyArns: [], customerManagedPolicies: [], inlinePolicy })
    const { gained, changed } = comparePermissions(
      { before: policies(before), after: policies(after) },
      standIns([...old, ...now]),
    )
    if (gained.length === 0 && changed.length > 0)
      throw refuse('UnprocessableEntityException', 'The local system compares actions only.')
    const names = gained.map(({ name }) => name.toLowerCase())
    const indexes = [...now.entries()].flatMap(([index, one]) =>
      one.effect === 'Allow' && names.some((name) => isNamed(one, name)) ? [index] : [],
    )
    const reasons = indexes.map((index) => `New access in the statement with index: ${index}.`)
    return { isNew: gained.length > 0, reasons }
  }
}

/** Stand-ins for all actions that the statements do not name: one for each service, and one for any service. */
function standIns(statements: readonly PolicyStatement[]) {
  const services = statements.flatMap(({ actions }) => actions.flatMap((action) => action.split(':')[0] ?? []))
  const named = services.filter((service) => /^[a-z0-9-]+$/.test(service)).map((service) => `${service}:-`)
  return new Map(['-:-', ...named].map((name) => [name, { name, level: 'unknown' as const }]))
}

function isNamed({ actions, isInverted }: PolicyStatement, name: string): boolean {
  return actions.some((pattern) => matchesAction(pattern, name)) !== isInverted
}

function listFindings(text: string): readonly PolicyFinding[] {
  const found = (type: PolicyFindingType, code: string, told: string): PolicyFinding => ({ type, code, told })
  const parsed = parseLooseJson(text)
  if (parsed === undefined) return [found('ERROR', 'JSON_SYNTAX_ERROR', 'Fix the JSON syntax error.')]
  const { data } = document.safeParse(parsed)
  if (data?.Statement === undefined)
    return [found('ERROR', 'MISSING_STATEMENT', 'Add a Statement element to the policy.')]
  const each = data.Statement.flatMap((raw): readonly PolicyFinding[] => {
    const { data: one } = statement.safeParse(raw)
    if (one === undefined)
      return [found('ERROR', 'DATA_TYPE_MISMATCH', 'Update the text to use a string or an array of strings.')]
    const { Effect, Action = [], NotAction, Resource, NotResource } = one
    const isAllowing = Effect === 'Allow'
    const doubled = Action.filter((action, index) => Action.indexOf(action) < index)
    const passes = Action.some((action) => matchesAction(action.toLowerCase(), 'iam:passrole'))
    return [
      ...(isAllowing || Effect === 'Deny'
        ? []
        : [found('ERROR', 'INVALID_EFFECT', 'Use Allow or Deny as the Effect.')]),
      ...(Action.length === 0 && NotAction === undefined
        ? [found('ERROR', 'MISSING_ACTION', 'Add an Action or NotAction element to the policy statement.')]
        : []),
      ...(Resource === undefined && NotResource === undefined
        ? [found('ERROR', 'MISSING_RESOURCE', 'Add a Resource or NotResource element to the policy statement.')]
        : []),
      ...(isAllowing && passes && Resource?.includes('*')
        ? [
            found(
              'SECURITY_WARNING',
              'PASS_ROLE_WITH_STAR_IN_RESOURCE',
              'Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive. Specify resource ARNs instead.',
            ),
          ]
        : []),
      ...doubled.map((action) =>
        found('SUGGESTION', 'REDUNDANT_ACTION', `Remove the redundant action ${action} from the policy.`),
      ),
    ]
  })
  const version = found('WARNING', 'MISSING_VERSION', 'Add a Version element to the policy.')
  return [...each, ...(data.Version === undefined ? [version] : [])]
}
