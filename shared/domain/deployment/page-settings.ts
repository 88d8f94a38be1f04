import * as z from 'zod'
import { isoDuration } from '../requests/iso-duration.ts'

/** Only this machine is called without TLS. */
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(hostname))
}

const text = z.string().min(1).max(255)

/** The page for everybody: who signs people in, and where it is. */
export const pageSettings = z.strictObject({
  signIn: z.strictObject({
    /** Of an OpenID Connect provider, such as `https://example.okta.com`. */
    issuer: z.url().refine(isSafe, 'an address that begins with https://'),
    clientId: text,
    /** `{ "clientSecret": "…", "cookieKeys": ["…"] }`; see page-secret.ts. */
    clientSecretArn: z
      .string()
      .regex(
        /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/,
        'the ARN of a secret, such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile-page-a1B2c3',
      ),
    /** The claim of the ID token that is the UserName of the identity store. */
    userNameClaim: text.default('preferred_username'),
    /** How the provider calls a sign-in that may approve (`acr`), such as with a second factor. */
    acr: text.optional(),
  }),
  /** Its own name; absent: that of API Gateway. */
  domain: z
    .string()
    .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/, 'a name of a host, such as access.example.com')
    .optional(),
  /** Of that name, in ACM, in the same Region. */
  certificateArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/, 'the ARN of a certificate of ACM')
    .optional(),
  /** After that, one signs in again. */
  sessionHours: z.int().min(1).max(24).default(8),
  /** Who approves has signed in within this time. */
  approveWithin: isoDuration.default('PT10M'),
  /** Groups whose members see who has access. */
  auditors: z.array(text).max(20).default([]),
  /** Groups whose members release what the brake holds, pause and resume. Absent: nobody does by the page. */
  operators: z.array(text).max(20).default([]),
})
export type PageSettings = z.infer<typeof pageSettings>
