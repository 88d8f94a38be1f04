import * as z from 'zod'
import { inlinePolicyFaults } from '../iam-policies/inline-policy.ts'
import { policyWarnings } from '../iam-policies/policy-variables.ts'
import { complainAboutJson, describeJson, faultsOfIssues, fieldsOf, isJsonObject } from '../json/json-faults.ts'
import { placeOf, renderJsonPath } from '../json/json-path.ts'
import { type JsonObject, type JsonValue, parseStrictJson } from '../json/strict-json.ts'
import { unlessSystemFile } from '../json/system-file.ts'
import { type JsonFault, type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { ownerText } from '../text/owner.ts'
import { type PermissionSetName, permissionSetName } from './permission-set-name.ts'
import { managedPoliciesMost, permissionSetRules } from './permission-set-rules.ts'

export const permissionSetPrefix = 'permission_sets/'

/**
 * A larger file is refused unread. A file that reaches every limit at once (25 ARNs of 2,048, 50 tags of 384 letters, a policy
 * of 32,768 bytes) has about 150 KB. The rest is room for indentation.
 */
export const permissionSetFileMostBytes = 256 * 1024

/** Source: IAM User Guide, "IAM and AWS STS quotas": managed policies attached to a role, unless the account raised it. */
const managedPoliciesPerRole = 10
const sessionDurationMinutesDefault = 60

const text = (least: number, most: number, pattern: RegExp) => z.string().min(least).max(most).regex(pattern)
const arn = /^arn:aws(-[a-z]{1,5}){0,3}:iam::aws:policy(\/[A-Za-z0-9.,+@=_-]+)*\/[A-Za-z0-9.,+=@_-]+$/
const managedPolicyArn = text(20, 2048, arn)
const tag = z.strictObject({
  Key: text(1, 128, /^(?![aA][wW][sS]:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u),
  Value: z
    .string()
    .max(256)
    .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u),
})
export type Tag = Readonly<z.infer<typeof tag>>

const customerManagedPolicy = z.strictObject({
  Name: z.string().regex(/^[\w+=,.@-]{1,128}$/),
  Path: z
    .string()
    .max(512)
    .regex(/^(\/[A-Za-z0-9.,+@=_-]+)*\/$/)
    .optional(),
})
/** A policy that must exist under this name and path in every target account. The default path is `/`. */
export type CustomerManagedPolicy = Readonly<z.infer<typeof customerManagedPolicy>>

export type PermissionsBoundary =
  | { readonly ManagedPolicyArn: string }
  | { readonly CustomerManagedPolicyReference: CustomerManagedPolicy }

/** A permission set, in Identity Center or in a file. An absent field: there is none. */
export type PermissionSetDefinition = {
  readonly description?: string
  /** ISO 8601, such as `PT1H`. */
  readonly sessionDuration: string
  readonly relayState?: string
  readonly tags: readonly Tag[]
  readonly managedPolicyArns: readonly string[]
  readonly customerManagedPolicies: readonly CustomerManagedPolicy[]
  /** JSON text. From a file it is compact, exactly as sent to PutInlinePolicyToPermissionSet. */
  readonly inlinePolicy?: string
  readonly permissionsBoundary?: PermissionsBoundary
}

/** The content of a file under `permission_sets/`. */
export type PermissionSetFile = Omit<PermissionSetDefinition, 'sessionDuration'> & {
  readonly name: PermissionSetName
  /** Whole minutes, 60 to 720. */
  readonly sessionDurationMinutes: number
  /** The person or group who answers for it. Only ssofile knows it: Identity Center has no such field. */
  readonly owner?: string | undefined
  /** Surprises in a valid file, in whole sentences. Empty: none. */
  readonly warnings: readonly string[]
}

/**
 * The rules of a permission set file that JSON Schema can express (`z.toJSONSchema(…, { io: 'input' })`). Rules that join several
 * values are in `jointFaults`. Source of patterns and lengths: IAM Identity Center API Reference,
 * "CreatePermissionSet", "Tag", "AttachManagedPolicyToPermissionSet", "CustomerManagedPolicyReference".
 */
export const permissionSetFileSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  permissionSetName,
  description: text(1, 700, /^[\t\n\r\x20-\x7e\xa1-\xff]*$/).optional(),
  sessionDurationInMinutes: z
    .union([z.int().min(60).max(720), z.string().regex(/^([6-9]\d|[1-6]\d\d|7[01]\d|720)$/)])
    .optional(),
  relayState: text(1, 240, /^[a-zA-Z0-9&$@#\\/%?=~\-_'"|!:,.;*+[\] (){}]*$/).optional(),
  tags: z.array(tag).max(50).optional(),
  managedPoliciesArnList: z.array(managedPolicyArn).optional(),
  customerManagedPoliciesList: z.array(customerManagedPolicy).optional(),
  inlinePolicyDocument: z.union([z.literal(''), z.looseObject({})]).optional(),
  permissionsBoundary: z
    .strictObject({
      ManagedPolicyArn: managedPolicyArn.optional(),
      CustomerManagedPolicyReference: customerManagedPolicy.optional(),
    })
    .meta({ minProperties: 1, maxProperties: 1 })
    .optional(),
  owner: ownerText.optional(),
})

export function permissionSetKey(name: PermissionSetName): string {
  return `${permissionSetPrefix}${name}.json`
}

/** The name in `permission_sets/<name>.json`. The caller skips keys that end in `/`, which are folder markers. */
export function parsePermissionSetKey(key: string): Parsed<PermissionSetName> {
  const file = key.startsWith(permissionSetPrefix) ? key.slice(permissionSetPrefix.length) : key
  const base = file.slice(file.lastIndexOf('/') + 1)
  const stem = base.replace(/\.json$/i, '')
  const name = permissionSetName.safeParse(stem)
  if (name.success && key === permissionSetKey(name.data)) return parsed(name.data)
  const complaint = {
    object: key,
    received: keyFault(key, file, base, stem),
    expected: `${permissionSetPrefix}<name>.json with a name of 1 to 32 letters, digits or _ + = , . @ -`,
    remedy: file.includes('%')
      ? 'if it is a link, upload it under links_data/, then delete this one'
      : name.success && base !== stem
        ? `upload it again as ${permissionSetKey(name.data)}, then delete this one`
        : 'upload it again under such a name, with the same name as permissionSetName in it; then delete this one',
  }
  return unlessSystemFile(refused(complaint))
}

function keyFault(key: string, file: string, base: string, stem: string): string {
  if (file === key) return `a key that does not begin with ${permissionSetPrefix}`
  if (file !== base) return `a file in the folder '${quote(file.slice(0, -base.length - 1))}'`
  if (base === stem) return `the file name '${quote(base)}' without .json at its end`
  if (!base.endsWith('.json')) return `the ending '${base.slice(stem.length)}'`
  if (stem === '') return 'a file name without anything before .json'
  if (stem.length > 32) return `a name of ${stem.length} characters`
  const character = [...stem].find((one) => !permissionSetName.safeParse(one).success) ?? ''
  return `the name '${quote(stem)}' with the character '${quote(character)}'`
}

/**
 * The permission set that a file describes, or one complaint with all faults. `sizeBytes`: the object's size. A body that is too large
 * is not read.
 */
export function parsePermissionSetFile(
  key: string,
  body: Uint8Array,
  sizeBytes = body.length,
): Parsed<PermissionSetFile> {
  return unlessSystemFile(judgeFile(key, body, sizeBytes))
}

function judgeFile(key: string, body: Uint8Array, sizeBytes: number): Parsed<PermissionSetFile> {
  const name = parsePermissionSetKey(key)
  if (!name.ok) return name
  if (sizeBytes > permissionSetFileMostBytes) {
    return refused({
      object: key,
      received: `a file of ${sizeBytes} bytes`,
      expected: `at most ${permissionSetFileMostBytes} bytes, which is more than a permission set can fill`,
      remedy: 'check that the right file was uploaded, and upload the permission set alone',
    })
  }
  const document = parseStrictJson(key, body)
  if (!document.ok) return document
  const fields = isJsonObject(document.value) ? document.value : {}
  if (Object.hasOwn(fields, 'permissionSetData')) {
    return refused({
      object: key,
      received: "a request with the permission set inside its field 'permissionSetData'",
      expected: 'the permission set itself, with permissionSetName at the outermost level',
      remedy:
        "upload only the object that stands under 'permissionSetData'; uploading creates or updates, deleting deletes",
    })
  }
  const file = permissionSetFileSchema.safeParse(document.value)
  const faults = [
    ...faultsOfIssues(file.error?.issues ?? [], document.value, permissionSetRules),
    ...jointFaults(fields, name.value),
  ]
  if (!file.success || faults.length > 0) return refused(complainAboutJson(key, faults))
  const set = permissionSetOf(file.data, fields.inlinePolicyDocument)
  return parsed({ ...set, warnings: [...set.warnings, ...warnOfPolicy(fields.inlinePolicyDocument, body)] })
}

function warnOfPolicy(policy: JsonValue | undefined, body: Uint8Array): readonly string[] {
  if (!isPolicy(policy)) return []
  const text = new TextDecoder().decode(body)
  return policyWarnings(policy, ['inlinePolicyDocument']).map(
    ({ path, warning }) => `line ${placeOf(text, path).line}, ${renderJsonPath(path)}: ${warning}`,
  )
}

/** Faults between values that are valid alone. The schema reports wrong types. */
function jointFaults(document: JsonObject, name: PermissionSetName): readonly JsonFault[] {
  const policy = document.inlinePolicyDocument
  return [
    ...nameFaults(document.permissionSetName, name),
    ...repeatedFaults(
      listOf(document.tags),
      (tag) => fieldOf(tag, 'Key'),
      (index, key) => ({
        path: ['tags', index, 'Key'],
        received: `the tag key ${describeJson(key)} for the second time`,
        expected: 'every tag key once',
        remedy: 'delete one of the two tags',
      }),
    ),
    ...policyFaults(document),
    ...boundaryFaults(document.permissionsBoundary),
    ...(isPolicy(policy) ? inlinePolicyFaults(policy, ['inlinePolicyDocument']) : []),
  ]
}

/** `{}` means that there is no policy. */
function isPolicy(policy: JsonValue | undefined): policy is JsonObject {
  return isJsonObject(policy) && Object.keys(policy).length > 0
}

function nameFaults(received: JsonValue | undefined, name: PermissionSetName): readonly JsonFault[] {
  const other = permissionSetName.safeParse(received)
  if (!other.success || other.data === name) return []
  return [
    {
      path: ['permissionSetName'],
      received: `'${other.data}'`,
      expected: `'${name}', as the file is called`,
      remedy: `write '${name}' as permissionSetName, or name the file ${other.data}.json`,
    },
  ]
}

function policyFaults(document: JsonObject): readonly JsonFault[] {
  const arns = listOf(document.managedPoliciesArnList)
  const customer = listOf(document.customerManagedPoliciesList)
  const count = arns.length + customer.length
  const tooMany: JsonFault = {
    path: [],
    received: `${count} policies (${arns.length} in managedPoliciesArnList, ${customer.length} in customerManagedPoliciesList)`,
    expected: `at most ${managedPoliciesMost} together`,
    remedy: 'delete some, or move what they allow into the inline policy',
  }
  const remedy = 'delete one of the two'
  return [
    ...(count > managedPoliciesMost ? [tooMany] : []),
    ...repeatedFaults(
      arns,
      (arn) => arn,
      (index, value) => ({
        path: ['managedPoliciesArnList', index],
        received: `${describeJson(value)} for the second time`,
        expected: 'every policy once',
        remedy,
      }),
    ),
    ...repeatedFaults(customer, uniqueName, (index) => ({
      path: ['customerManagedPoliciesList', index],
      received: `the policy name ${describeJson(fieldOf(customer[index], 'Name'))} for the second time`,
      expected: 'every policy name once: an account has one policy of a name, whatever its path and capitals',
      remedy,
    })),
  ]
}

function fieldOf(item: JsonValue | undefined, field: 'Key' | 'Name'): JsonValue | undefined {
  return isJsonObject(item) ? item[field] : undefined
}

/**
 * "IAM user, group, role, and policy names must be unique within the account. Names are not distinguished by case."
 * (IAM API Reference, "CreatePolicy".) So no account can have two policies whose names differ only in path or capitals.
 */
function uniqueName(policy: JsonValue): string | undefined {
  const name = fieldOf(policy, 'Name')
  return typeof name === 'string' ? name.toLowerCase() : undefined
}

function boundaryFaults(boundary: JsonValue | undefined): readonly JsonFault[] {
  const rule = permissionSetRules['$.permissionsBoundary']
  if (!isJsonObject(boundary) || rule === undefined) return []
  const kinds = fieldsOf('$.permissionsBoundary', permissionSetRules)
  const present = kinds.filter((kind) => Object.hasOwn(boundary, kind))
  if (present.length === 1 || Object.keys(boundary).length > present.length) return []
  const received = present.length === 0 ? describeJson(boundary) : 'both kinds of policy'
  return [{ path: ['permissionsBoundary'], received, expected: rule.expected, remedy: rule.remedy(boundary) }]
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

/** A fault for each item that repeats the text of an earlier one. */
function repeatedFaults(
  items: readonly JsonValue[],
  textOf: (item: JsonValue) => JsonValue | undefined,
  faultOf: (index: number, text: string) => JsonFault,
): readonly JsonFault[] {
  const texts = items.map(textOf)
  const seen = new Set<JsonValue | undefined>()
  return texts.flatMap((text, index) => {
    if (typeof text === 'string' && seen.has(text)) return [faultOf(index, text)]
    seen.add(text)
    return []
  })
}

function permissionSetOf(
  file: z.infer<typeof permissionSetFileSchema>,
  inlinePolicy: JsonValue | undefined,
): PermissionSetFile {
  const managedPolicyArns = file.managedPoliciesArnList ?? []
  const customerManagedPolicies = file.customerManagedPoliciesList ?? []
  const policies = managedPolicyArns.length + customerManagedPolicies.length
  return {
    name: file.permissionSetName,
    description: file.description,
    sessionDurationMinutes: Number(file.sessionDurationInMinutes ?? sessionDurationMinutesDefault),
    relayState: file.relayState,
    tags: file.tags ?? [],
    managedPolicyArns,
    customerManagedPolicies,
    inlinePolicy: isPolicy(inlinePolicy) ? JSON.stringify(inlinePolicy) : undefined,
    permissionsBoundary: boundaryOf(file.permissionsBoundary),
    owner: file.owner,
    warnings:
      policies > managedPoliciesPerRole
        ? [
            `${policies} managed policies: IAM attaches ${managedPoliciesPerRole} to a role unless the account's quota was raised ('Managed policies attached to an IAM role'); in other accounts provisioning will fail.`,
          ]
        : [],
  }
}

type BoundaryInFile = z.infer<typeof permissionSetFileSchema>['permissionsBoundary']

function boundaryOf(boundary: BoundaryInFile): PermissionsBoundary | undefined {
  const { ManagedPolicyArn, CustomerManagedPolicyReference } = boundary ?? {}
  if (ManagedPolicyArn !== undefined) return { ManagedPolicyArn }
  return CustomerManagedPolicyReference && { CustomerManagedPolicyReference }
}
