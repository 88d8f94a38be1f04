import { isRecord } from '../json/loose-json.ts'

/**
 * The attributes that a rule may test, by AWS's names: of the user and of the enterprise extension. `manager`: as in the directory,
 * usually an id. (Identity Store API Reference, "User"; IAM Identity Center User Guide, "Supported attributes".)
 */
const coreAttributes = ['userType', 'title', 'nickName', 'preferredLanguage', 'locale', 'timezone'] as const
export const enterpriseAttributes = [
  'employeeNumber',
  'costCenter',
  'organization',
  'division',
  'department',
  'manager',
] as const
export const attributeNames = [...coreAttributes, ...enterpriseAttributes] as const
export type AttributeName = (typeof attributeNames)[number]

/** The only extension that users have. (Same page.) */
export const enterpriseExtension = 'aws:identitystore:enterprise'

/** Absent: the user does not have it. `null`: the value is not a text, so nobody knows what it says. */
export type UserAttributes = { readonly [name in AttributeName]?: string | null }

/** The attributes of one user. `core`: by AWS's names, which begin with a capital letter. */
export function toAttributes(core: Readonly<Record<string, unknown>>, enterprise: unknown): UserAttributes {
  const ofCore = coreAttributes.map(
    (name) => [name, toText(core[name.charAt(0).toUpperCase() + name.slice(1)])] as const,
  )
  const extension = isRecord(enterprise) ? enterprise : {}
  const ofExtension = enterpriseAttributes.map((name) => {
    if (enterprise !== undefined && enterprise !== null && !isRecord(enterprise)) return [name, null] as const
    const value = extension[name]
    return [name, toText(name === 'manager' && isRecord(value) ? value.value : value)] as const
  })
  return Object.fromEntries([...ofCore, ...ofExtension].filter(([, value]) => value !== undefined))
}

/** An extension's values may be any JSON. */
function toText(value: unknown): string | null | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value : null
}
