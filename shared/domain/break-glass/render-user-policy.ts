import type { BreakGlass, Responder } from './break-glass-file.ts'
import { roleArn, userArn, userName, watchedRegions } from './break-glass-names.ts'
import { type PolicyDocument, policyDocument } from './policy-document.ts'

/** Seconds since the person proved a second factor. */
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
/** `aws login`: credentials for the command line from a sign-in, without an access key. (AWS CLI User Guide.) */
const signIn = ['signin:AuthorizeOAuth2Access', 'signin:CreateOAuth2Token'] as const
const assume = ['sts:AssumeRole', 'sts:SetSourceIdentity'] as const

/**
 * The only policy of a responder's user, a managed one, since IAM takes no more than 2,048 characters of a user's own: own devices and password, and the roles of the own playbooks. Its denials hold
 * whatever else somebody attaches: no key can be made.
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
                // In other Regions no rule would ring.
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
      // The first device is added without; who took a password only may not take devices away.
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

/** In any account: where there is such a role, and whom it trusts, each account says itself. */
function rolesOf({ playbooks }: BreakGlass, responder: string): readonly string[] {
  return playbooks.filter(({ responders }) => responders.includes(responder)).map(({ name }) => roleArn('*', name))
}
