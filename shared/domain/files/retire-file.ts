import * as z from 'zod'
import { splitFolder } from '../links/link-fields.ts'
import { type AccountId, accountId } from '../organization/account-id.ts'
import { type Complaint, type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'

export const retirePrefix = 'retire/'

/** IAM API Reference, "User": so names have no `%` and no `/`. */
export const iamUserName = z
  .string()
  .regex(/^[\w+=,.@-]{1,64}$/)
  .brand<'IamUserName'>()
export type IamUserName = z.infer<typeof iamUserName>

/** IAM API Reference, "AccessKey". */
export const accessKeyId = z
  .string()
  .regex(/^[A-Z0-9]{16,128}$/)
  .brand<'AccessKeyId'>()
export type AccessKeyId = z.infer<typeof accessKeyId>

/** An owner of accounts, as in the accounts' owner tag. Also the name of the owner's folder under `retire/`. */
export const accountOwner = z.string().regex(/^[\w+=,.@-]{1,100}$/)

/** `password`: for signing in to the console. `user`: the user itself, once it has nothing else. */
export const retiredKinds = ['password', 'user'] as const

/** A credential that can be retired: an access key by its id, a password, or a user. */
export type Credential = {
  readonly account: AccountId
  readonly user: IamUserName
  readonly what: AccessKeyId | (typeof retiredKinds)[number]
}

/** The name of a credential in records: the name of its file without the folder. */
export const credentialKey = z.string().brand<'CredentialKey'>()
export type CredentialKey = z.infer<typeof credentialKey>

/** A file that asks to retire a credential. `owner`: its folder. */
export type RetireFile = Credential & { readonly key: string; readonly owner: string }

const form = 'retire/OWNER/account%ACCOUNT ID%USER NAME%ACCESS KEY ID or password or user%ssofile'
const again = 'upload it again and delete this one'

export function renderCredential({ account, user, what }: Credential): CredentialKey {
  return credentialKey.parse(`account%${account}%${user}%${what}%ssofile`)
}

export function renderRetireKey(owner: string, credential: Credential): string {
  return `${retirePrefix}${owner}/${renderCredential(credential)}`
}

/** Only keys can be inactive in IAM. */
export function canBeInactive({ what }: Pick<Credential, 'what'>): boolean {
  return what !== 'password' && what !== 'user'
}

/** The credential in words, for a person. */
export function describeCredential({ account, user, what }: Credential): string {
  if (what === 'user') return `user ${user} in ${account}`
  return `${what === 'password' ? 'password' : `key ${what}`} of user ${user} in ${account}`
}

/** Parses a credential's name, without a folder. `undefined`: ssofile did not write it. */
export function parseCredential(text: string): Credential | undefined {
  const [scope, ...fields] = text.split('%')
  const [account, user, what, suffix] = fields
  if (scope !== 'account' || suffix !== 'ssofile' || fields.length !== 4) return undefined
  const read = credential.safeParse({ account, user, what })
  return read.data
}
const credential = z.object({
  account: accountId,
  user: iamUserName,
  what: z.union([z.enum(retiredKinds), accessKeyId]),
})

/** Parses the key of a retire file. Other code judges whether its owner may ask. */
export function parseRetireKey(key: string): Parsed<RetireFile> {
  const { folder, rest } = splitFolder(key.slice(retirePrefix.length))
  if (folder === undefined || !accountOwner.safeParse(folder).success)
    return fault(key, {
      received: folder === undefined ? 'no folder' : `the folder '${quote(folder)}'`,
      expected: 'the folder of an account owner, as access.accountOwners names it',
      remedy: `upload it into your folder, as ${form}; delete this one`,
    })
  const asked = parseCredential(rest)
  if (asked === undefined)
    return fault(key, {
      received: `the name '${quote(rest)}'`,
      expected: `a name such as account%111122223333%ci%AKIAIOSFODNN7EXAMPLE%ssofile`,
      remedy: `write it as ${form}; ${again}`,
    })
  return parsed({ ...asked, key, owner: folder })
}

const fault = (key: string, complaint: Omit<Complaint, 'object'>): Parsed<never> =>
  refused({ object: key, ...complaint })
