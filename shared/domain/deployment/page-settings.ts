import * as z from 'zod'
import { isoDuration } from '../text/iso-duration.ts'

/** Whether the address uses TLS or is on this machine. */
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(hostname))
}
const address = z.url().refine(isSafe, 'an address that begins with https://')

const text = z.string().min(1).max(255)

/** The settings of the page for everybody: its sign-in and its address. */
export const pageSettings = z.strictObject({
  signIn: z.strictObject({
    /** The issuer of an OpenID Connect provider, such as `https://example.okta.com`. */
    issuer: address,
    clientId: text,
    /** `{ "clientSecret": "…", "cookieKeys": ["…"] }`; see page-secret.ts. */
    clientSecretArn: z
      .string()
      .regex(
        /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/,
        'the ARN of a secret, such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile-page-a1B2c3',
      ),
    /** The claim of the ID token with the UserName of the identity store. */
    userNameClaim: text.default('preferred_username'),
    /** The provider's name (`acr`) for a sign-in after which a person may approve, such as a sign-in with a second factor. */
    acr: text.optional(),
  }),
  /** The domain name of the page. Absent: the name that API Gateway gives it. */
  domain: z
    .string()
    .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/, 'a name of a host, such as access.example.com')
    .optional(),
  /** The certificate for this domain name, in ACM in the same Region. */
  certificateArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/, 'the ARN of a certificate of ACM')
    .optional(),
  /** The address of the AWS access portal, such as `https://example.awsapps.com/start`: the page leads to accounts there. */
  portal: address.optional(),
  /** The pages of the deployments of all organizations, for a menu that leads from one to another. */
  organizations: z
    .array(z.strictObject({ name: text, url: address }))
    .max(50)
    .default([]),
  /** The length of a session. After it, the person signs in again. */
  sessionHours: z.int().min(1).max(24).default(8),
  /** The greatest age of a sign-in for an approval. */
  approveWithin: isoDuration.default('PT10M'),
  /** Groups with members who may see everybody's access. */
  auditors: z.array(text).max(20).default([]),
  /** Groups with members who may release changes that the brake holds, pause and resume. Absent: nobody may do so on the page. */
  operators: z.array(text).max(20).default([]),
})
export type PageSettings = z.infer<typeof pageSettings>
