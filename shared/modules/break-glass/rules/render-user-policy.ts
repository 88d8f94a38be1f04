import { roleArn, userArn, userName, watchedRegions } from '../../../domain/account-facts/break-glass-names.ts'
import type { BreakGlass, Responder } from '../../../domain/files/break-glass-file.ts'
import { type PolicyDocument, policyDocument } from '../../../domain/files/policy-document.ts'

/** The greatest time in seconds since the person proved a second factor. */
export const mfaMostSeconds = 3600

const ownCredentials = [
  'iam:ChangePassword',
  'iam:DeactivateMFADevice',
  'iam:EnableMFADevice',
  'iam:GetMFADevice',
  'iam:GetUser',
  'iam:ListMFADevices',
  'iam:ResyncMFADevice',
] as const
const virtualDevices = ['iam:CreateVirtualMFADevice', 'iam:DeleteVirtualMFADevice'] as const
const toLook = ['iam:GetAccountPasswordPolicy', 'iam:ListVirtualMFADevices', 'sts:GetCallerIdentity'] as const
/** The actions of `aws login`, which gets credentials for the command line from a sign-in, without an access key. (AWS CLI User Guide.) */
export const signIn = ['signin:AuthorizeOAuth2Access', 'signin:CreateOAuth2Token'] as const
export const assume = ['sts:AssumeRole', 'sts:SetSourceIdentity'] as const

/**
 * The only policy of a responder's user. It allows the user's own devices and password, and the roles of the user's playbooks. It is a
 * managed policy, since IAM takes at most 2,048 characters of inline policies. Its denials hold for all other policies that somebody
 * attaches: the user gets no access key.
 */
export function renderUserPolicy(file: BreakGlass, { name, expiresAt }: Responder): PolicyDocument {
  const { securityAccount } = file
  const own = userArn(securityAccount, name)
  const devices = `arn:aws:iam::${securityAccount}:mfa/${userName(name)}*`
  const roles = rolesOf(file, name)
  const withMfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
  return policyDocument(
    { Sid: 'OwnPasswordAndDevices', Effect: 'Allow', Action: ownCredentials, Resource: [own] },
    { Sid: 'OwnVirtualDevices', Effect: 'Allow', Action: virtualDevices, Resource: [devices] },
    { Sid: 'Looks', Effect: 'Allow', Action: toLook, Resource: ['*'] },
    {
      Sid: 'SignsInAtTheCommandLine',
      Effect: 'Allow',
      Action: signIn,
      Resource: [`arn:aws:signin:*:${securityAccount}:oauth2/public-client/*`],
    },
    ...(roles.length === 0
      ? []
      : [
          {
            Sid: 'OwnPlaybooks',
            Effect: 'Allow',
            Action: assume,
            Resource: roles,
            Condition: {
              ...withMfa,
              NumericLessThan: { 'aws:MultiFactorAuthAge': String(mfaMostSeconds) },
              StringEquals: {
                'sts:SourceIdentity': userName(name),
                // In other Regions, no rule would ring.
                'aws:RequestedRegion': watchedRegions(file.signInRegions),
              },
            },
          } as const,
        ]),
    {
      Sid: 'NothingElse',
      Effect: 'Deny',
      NotAction: [...ownCredentials, ...virtualDevices, ...toLook, ...signIn, ...assume],
      Resource: ['*'],
    },
    {
      Sid: 'NobodyElse',
      Effect: 'Deny',
      Action: [...ownCredentials, ...virtualDevices, ...assume],
      NotResource: [own, devices, ...roles],
    },
    {
      // The user adds the first device without MFA. Somebody with only the password may not remove devices.
      Sid: 'DevicesGoWithMfaOnly',
      Effect: 'Deny',
      Action: ['iam:DeactivateMFADevice', 'iam:DeleteVirtualMFADevice', 'sts:AssumeRole'],
      Resource: ['*'],
      Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    },
    ...(expiresAt === undefined
      ? []
      : [
          {
            Sid: 'Expires',
            Effect: 'Deny',
            Action: ['*'],
            Resource: ['*'],
            Condition: { DateGreaterThan: { 'aws:CurrentTime': expiresAt } },
          } as const,
        ]),
  )
}

/** The ARNs of the responder's roles in any account. Each account says itself whether it has the role and which users the role trusts. */
function rolesOf({ playbooks }: BreakGlass, responder: string): readonly string[] {
  return playbooks.filter(({ responders }) => responders.includes(responder)).map(({ name }) => roleArn('*', name))
}
