/** The default version of a managed policy. */
export type IamPolicy = { readonly version: string; readonly document: string; readonly madeAt: Date }

type Statement = { readonly Effect: 'Allow'; readonly Resource: '*' } & (
  | { readonly Action: string | readonly string[] }
  | { readonly NotAction: readonly string[] }
)

/**
 * A few of AWS's managed policies, as in 2026; all others are missing. AWS changes them without notice.
 * Source: AWS Managed Policy Reference Guide.
 */
export const awsManagedPolicies: ReadonlyMap<string, IamPolicy> = new Map([
  describe('AdministratorAccess', 'v1', '2015-02-06', [{ Effect: 'Allow', Action: '*', Resource: '*' }]),
  describe('AmazonS3FullAccess', 'v2', '2021-09-27', [
    { Effect: 'Allow', Action: ['s3:*', 's3-object-lambda:*'], Resource: '*' },
  ]),
  describe('AmazonS3ReadOnlyAccess', 'v3', '2023-08-10', [
    {
      Effect: 'Allow',
      Action: ['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*'],
      Resource: '*',
    },
  ]),
  describe('PowerUserAccess', 'v12', '2026-02-12', [
    { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
    {
      Effect: 'Allow',
      Action: [
        'account:GetAccountInformation',
        'account:GetGovCloudAccountInformation',
        'account:GetPrimaryEmail',
        'account:ListRegions',
        'iam:CreateServiceLinkedRole',
        'iam:DeleteServiceLinkedRole',
        'iam:ListRoles',
        'organizations:DescribeEffectivePolicy',
        'organizations:DescribeOrganization',
      ],
      Resource: '*',
    },
  ]),
])

function describe(
  name: string,
  version: string,
  day: string,
  Statement: readonly Statement[],
): readonly [string, IamPolicy] {
  const document = JSON.stringify({ Version: '2012-10-17', Statement }, undefined, 4)
  return [`arn:aws:iam::aws:policy/${name}`, { version, document, madeAt: new Date(day) }]
}
