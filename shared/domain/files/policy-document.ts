/** An IAM policy with texts and lists of texts only. */
export type PolicyDocument = { readonly Version: '2012-10-17'; readonly Statement: readonly PolicyStatement[] }
export type PolicyStatement = {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: { readonly AWS: readonly string[] } | { readonly Service: string }
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export function policyDocument(...Statement: readonly PolicyStatement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement }
}

/** The part of a CloudFormation template that break-glass needs. */
export type Template = { readonly Description: string; readonly Resources: Readonly<Record<string, TemplateResource>> }
export type TemplateResource = {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DependsOn?: readonly string[]
  readonly DeletionPolicy?: 'Retain'
}

/** Turns a text into an id with letters and digits only, which CloudFormation requires of the ids of resources. */
export function resourceId(text: string): string {
  return text.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_, __, letter: string) => letter.toUpperCase())
}
