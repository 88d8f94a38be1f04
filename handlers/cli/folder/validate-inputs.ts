import { membershipPrefix } from '../../../shared/domain/files/membership-file.ts'
import { type Guardrails, noGuardrails } from '../../../shared/domain/guardrails/policy-file.ts'
import { judgeManagedPolicy, managedPoliciesDay } from '../../../shared/domain/iam-policies/judge-managed-policy.ts'
import { placeOf, renderJsonPath } from '../../../shared/domain/json/json-path.ts'
import { type InputFault, type InputJudgement, judgeInput } from '../../../shared/domain/links/judge-input.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { linkBodyMostBytes } from '../../../shared/domain/links/link-body.ts'
import {
  parsePermissionSetFile,
  permissionSetFileMostBytes,
} from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { type JsonPath, quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { InputFile } from './folder-inputs.ts'
import { unreadable } from './proposed-folder.ts'

export type InputError = { readonly key: string } & InputFault
export type InputWarning = { readonly key?: string; readonly warning: string }

export type Validation = {
  readonly links: number
  readonly memberships: number
  readonly permissionSets: number
  /** Errors. An error of a whole folder is in the list once. */
  readonly errors: readonly InputError[]
  readonly warnings: readonly InputWarning[]
}

type Options = {
  readonly folders: readonly string[]
  readonly now: Date
  readonly guardrails?: Guardrails
  /** Of Identity Center. `undefined`: not known. */
  readonly partition?: string | undefined
  readonly onJudged?: () => void
}

/** Checks every file against grammar, rules and policies, and the names in links against the permission sets that exist. */
export async function validateInputs(
  files: readonly InputFile[],
  { folders, now, guardrails = noGuardrails, partition, onJudged }: Options,
): Promise<Validation> {
  const errors: InputError[] = []
  const warnings: InputWarning[] = []
  const described = new Set<PermissionSetName>()
  const named = new Map<PermissionSetName, string[]>()
  const later = new Set<string>()
  const judged = await Promise.all(
    files.map((file) => judge(file, folders, { now, guardrails, partition }).finally(onJudged)),
  )
  for (const [index, { key }] of files.entries()) {
    const { faults = [], warnings: told = [], names, describes, later: unjudged = [] } = judged[index] ?? {}
    errors.push(...faults.flatMap((fault) => (fault.key === undefined ? [{ key, ...fault }] : [])))
    warnings.push(...told.map((warning) => ({ key, warning })))
    for (const rule of unjudged) later.add(rule)
    if (describes !== undefined) described.add(describes)
    if (names === undefined) continue
    const links = named.get(names)
    if (links) links.push(key)
    else named.set(names, [key])
  }
  const ofFolders = judged.flatMap(({ faults }) => faults ?? []).filter(({ key }) => key !== undefined)
  for (const [key, [fault, ...more]] of Map.groupBy(ofFolders, ({ key = '' }) => key))
    if (fault) errors.push({ ...fault, key, received: `${fault.received}, with ${count(more.length + 1, 'file')}` })
  for (const [name, links] of named) {
    if (described.has(name)) continue
    const more = links.length > 1 ? `, as do ${links.length - 1} more` : ''
    const warning = `it names the permission set '${name}'${more}, but there is no permission_sets/${name}.json here: the link waits unless Identity Center has that permission set`
    warnings.push({ ...(links[0] === undefined ? {} : { key: links[0] }), warning })
  }
  if (later.size > 0)
    warnings.push({
      warning: `ssofile judges rules about accounts, uploaders or other access of people when it applies the files (ssofile plan judges accounts and people): ${[...later].sort().join(', ')}`,
    })
  const countOf = (prefix: string) => files.filter(({ key }) => key.startsWith(prefix)).length
  const [links, memberships] = [countOf(linkPrefix), countOf(membershipPrefix)]
  return { links, memberships, permissionSets: files.length - links - memberships, errors, warnings }
}

async function judge(
  file: InputFile,
  folders: readonly string[],
  { now, guardrails, partition }: Required<Pick<Options, 'now' | 'guardrails'>> & Pick<Options, 'partition'>,
): Promise<InputJudgement> {
  const { key, sizeBytes, uploadedAt = now } = file
  try {
    const isLink = key.startsWith(linkPrefix) || key.startsWith(membershipPrefix)
    const body = await file.read(isLink ? linkBodyMostBytes : permissionSetFileMostBytes)
    const rules = { guardrails, partition, uploader: 'later', uploadedAt } as const
    const judged = judgeInput({ key, body, sizeBytes }, folders, now, rules)
    if (isLink) return judged
    const policies = judgeManagedPolicies(key, body)
    return {
      ...judged,
      faults: [...judged.faults, ...policies.faults],
      warnings: [...judged.warnings, ...policies.warnings],
    }
  } catch (error) {
    return { faults: [unreadable('file', error)], warnings: [] }
  }
}

/**
 * Judges the AWS managed policies of a permission set file that AWS does not have: a fault if the name is misspelt, a warning if the list
 * may be older than the policy. Only this command checks them. Ingestion leaves the check to AWS.
 */
function judgeManagedPolicies(key: string, body: Uint8Array): Pick<InputJudgement, 'faults' | 'warnings'> {
  const file = parsePermissionSetFile(key, body)
  if (!file.ok) return { faults: [], warnings: [] }
  const { managedPolicyArns, permissionsBoundary: boundary } = file.value
  const named: readonly { readonly arn: string; readonly path: JsonPath }[] = [
    ...managedPolicyArns.map((arn, index) => ({ arn, path: ['managedPoliciesArnList', index] })),
    ...(boundary && 'ManagedPolicyArn' in boundary
      ? [{ arn: boundary.ManagedPolicyArn, path: ['permissionsBoundary', 'ManagedPolicyArn'] }]
      : []),
  ]
  const judged = named.map((one) => ({ ...one, ...judgeManagedPolicy(one.arn) }))
  const text = new TextDecoder().decode(body)
  return {
    faults: judged.flatMap((one) => {
      if (one.verdict !== 'misspelt') return []
      return {
        path: renderJsonPath(one.path),
        place: placeOf(text, one.path),
        received: `'${quote(one.arn, 300)}', which AWS does not have`,
        expected: 'the ARN of a policy that AWS manages',
        remedy: `write '${one.meant}'`,
      }
    }),
    warnings: judged.flatMap(({ arn, verdict }) =>
      verdict === 'unknown'
        ? [
            `${quote(arn, 300)} was not a managed policy of AWS on ${managedPoliciesDay}: unless AWS has added it since, the permission set will fail`,
          ]
        : [],
    ),
  }
}
