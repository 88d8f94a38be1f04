import * as z from 'zod'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { principalTypes } from '../../../shared/domain/principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../../../shared/domain/statuses/complaint.ts'
import type { ImportSource } from '../../../shared/modules/take-over/rules/import-source.ts'

const resources = z.array(
  z.looseObject({
    LogicalResourceId: z.string(),
    PhysicalResourceId: z.string().default(''),
    ResourceType: z.string(),
    ResourceStatus: z.string().default(''),
  }),
)
const answer = z.union([
  z.looseObject({ StackResourceSummaries: resources }).transform((read) => read.StackResourceSummaries),
  z.looseObject({ StackResources: resources }).transform((read) => read.StackResources),
])
/** (CloudFormation Template Reference, "AWS::SSO::Assignment", return values of `Ref`.) */
const physicalId = z.tuple([
  z.string(),
  accountId,
  z.literal('AWS_ACCOUNT'),
  z.string(),
  z.enum(principalTypes),
  z.string(),
])
const assignmentType = 'AWS::SSO::Assignment'

/** The fields of the answers of `list-stack-resources` and `describe-stack-resources` of CloudFormation. */
export const stackAnswers = ['StackResourceSummaries', 'StackResources'] as const

/** Reads the assignments of a stack. The id of such a resource has all that an assignment consists of. */
export function parseStackResources(file: string, json: object): Parsed<ImportSource> {
  const read = answer.safeParse(json)
  const expected = `the answer of aws cloudformation list-stack-resources, whose ${assignmentType} have the id InstanceArn|TargetId|TargetType|PermissionSetArn|PrincipalType|PrincipalId`
  const remedy = 'write it again: aws cloudformation list-stack-resources --stack-name NAME --output json > FILE'
  if (!read.success) return refused({ object: file, received: 'another form of this answer', expected, remedy })
  const present = read.data.filter(({ ResourceStatus }) => ResourceStatus !== 'DELETE_COMPLETE')
  const found = present
    .filter(({ ResourceType }) => ResourceType === assignmentType)
    .map((one) => ({ ...one, id: physicalId.safeParse(one.PhysicalResourceId.split('|')).data }))
  const faulty = found.find(({ id }) => id === undefined)
  if (faulty) {
    const received = `the id '${quote(faulty.PhysicalResourceId, 300)}' of ${quote(faulty.LogicalResourceId)}`
    return refused({ object: file, received, expected, remedy })
  }
  const assignments = found.flatMap(({ id, LogicalResourceId }) => {
    if (id === undefined) return []
    const [, account, , permissionSet, type, principal] = id
    return [{ accountId: account, permissionSet, principal, type, place: `${file}, ${LogicalResourceId}` }]
  })
  const others = Map.groupBy(
    present.filter(({ ResourceType }) => ResourceType !== assignmentType),
    ({ ResourceType }) => ResourceType,
  )
  const told = [...others].map(([type, { length }]) => `${length} ${type}`)
  return parsed({ assignments, links: [], permissionSets: [], ...(told.length > 0 ? { others: told } : {}) })
}
