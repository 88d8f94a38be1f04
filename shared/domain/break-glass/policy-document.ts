/** A policy of IAM as it is written here: texts and lists of texts only. */
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

/** A template of CloudFormation, as far as break-glass needs one. */
export type Template = { readonly Description: string; readonly Resources: Readonly<Record<string, TemplateResource>> }
export type TemplateResource = {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DependsOn?: readonly string[]
  readonly DeletionPolicy?: 'Retain'
}

/** Letters and digits only, as the ids of resources in a template have to be. */
export function resourceId(text: string): string {
  return text.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_, __, letter: string) => letter.toUpperCase())
}
