import * as z from 'zod'

/** A policy of a template in the form that IAM would get. `of`: its resource. */
export type TemplatePolicy = {
  readonly of: string
  readonly type: 'IDENTITY_POLICY' | 'RESOURCE_POLICY'
  readonly document: string
}

const template = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
})

/** The places of policies in each kind of resource. (CloudFormation Template Reference.) */
const places: Readonly<Record<string, readonly (readonly [string, TemplatePolicy['type']])[]>> = {
  'AWS::IAM::Role': [
    ['AssumeRolePolicyDocument', 'RESOURCE_POLICY'],
    ['Policies', 'IDENTITY_POLICY'],
  ],
  'AWS::IAM::Policy': [['PolicyDocument', 'IDENTITY_POLICY']],
  'AWS::IAM::ManagedPolicy': [['PolicyDocument', 'IDENTITY_POLICY']],
  'AWS::S3::BucketPolicy': [['PolicyDocument', 'RESOURCE_POLICY']],
  'AWS::SQS::QueuePolicy': [['PolicyDocument', 'RESOURCE_POLICY']],
  'AWS::SNS::TopicPolicy': [['PolicyDocument', 'RESOURCE_POLICY']],
  'AWS::KMS::Key': [['KeyPolicy', 'RESOURCE_POLICY']],
  'AWS::Events::EventBusPolicy': [['Statement', 'RESOURCE_POLICY']],
}

type DeploymentPlace = { readonly partition: string; readonly account: string; readonly region: string }

/** Every policy of a template, with placeholders for names that only a deployment knows. */
export function listTemplatePolicies(text: string, place: DeploymentPlace): readonly TemplatePolicy[] {
  const { Resources } = template.parse(JSON.parse(text))
  return Object.entries(Resources).flatMap(([id, { Type, Properties }]) =>
    (places[Type] ?? []).flatMap(([property, type]) =>
      documentsOf(Properties[property]).map((document) => ({
        of: id,
        type,
        document: JSON.stringify(resolve(document, place)),
      })),
    ),
  )
}

/** Inline policies are in a list, each with its name; a policy of an event bus is one statement. */
function documentsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((one: unknown) => documentsOf(field(one, 'PolicyDocument')))
  if (value === undefined) return []
  return [field(value, 'Statement') === undefined ? { Version: '2012-10-17', Statement: [value] } : value]
}

function field(value: unknown, name: string): unknown {
  return z.looseObject({}).safeParse(value).data?.[name]
}

/** Replaces CloudFormation's functions by values. An attribute of a resource becomes an ARN of the right form. */
function resolve(value: unknown, place: DeploymentPlace): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => resolve(one, place))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [[name, of] = ['', undefined]] = entries
  if (entries.length === 1 && name === 'Ref') return refOf(String(of), place)
  if (entries.length === 1 && name === 'Fn::GetAtt') return arnOf(String([of].flat()[0]), place)
  if (entries.length === 1 && name === 'Fn::Join' && Array.isArray(of)) {
    const [separator, parts] = of as readonly unknown[]
    return [resolve(parts, place)].flat().join(String(separator))
  }
  return Object.fromEntries(entries.map(([key, one]) => [key, resolve(one, place)]))
}

function refOf(name: string, { partition, account, region }: DeploymentPlace): string {
  const known: Readonly<Record<string, string>> = {
    'AWS::Partition': partition,
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::URLSuffix': 'amazonaws.com',
  }
  return known[name] ?? name.toLowerCase()
}

function arnOf(id: string, { partition, account, region }: DeploymentPlace): string {
  if (/role/i.test(id)) return `arn:${partition}:iam::${account}:role/${id}`
  if (/bucket/i.test(id)) return `arn:${partition}:s3:::${id.toLowerCase()}`
  if (/key/i.test(id)) return `arn:${partition}:kms:${region}:${account}:key/12345678-1234-1234-1234-123456789012`
  return `arn:${partition}:sqs:${region}:${account}:${id}`
}
