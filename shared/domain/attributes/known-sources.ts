import { quote } from '../statuses/complaint.ts'
import { type Attribute, attributesKey, parseAttributesFile } from './attributes-file.ts'

/**
 * The attributes that AWS lists. Identity Center accepts any other text too, and passes an empty tag or none. (IAM Identity Center User
 * Guide, "Attribute mappings between IAM Identity Center and External Identity Providers directory", tables "Supported external identity
 * provider attributes" and "Default mappings".)
 */
const listed: readonly string[] = [
  ...['userName', 'name.familyName', 'name.givenName', 'displayName', 'nickName', 'emails[primary eq true].value'],
  ...['streetAddress', 'locality', 'region', 'postalCode', 'country', 'formatted'].map(
    (part) => `addresses[type eq "work"].${part}`,
  ),
  ...['phoneNumbers[type eq "work"].value', 'userType', 'title', 'locale', 'timezone'],
  ...['employeeNumber', 'costCenter', 'organization', 'division', 'department', 'manager.value'].map(
    (part) => `enterprise.${part}`,
  ),
].map((path) => `path:${path}`)
const ofIdentityCenter = ['AD_GUID', 'AD_SID', 'email', 'familyName', 'givenName', 'groups', 'middleName', 'name']
const known = new Set([
  ...listed,
  ...[...ofIdentityCenter, 'displayName', 'preferredUsername', 'subject'].map((name) => `user:${name}`),
])

/** Directories have attributes of their own, so any name after `dir:` may be right. */
const ofDirectory = /^dir:[A-Za-z][\w:-]*$/

/** Warns of each source that AWS does not list: people with a policy that asks for the tag lose its access. */
export function warnOfSources(attributes: readonly Attribute[]): readonly string[] {
  return attributes.flatMap(({ key, source }) => {
    const names = Array.from(source.matchAll(/\$\{([^{}]*)\}/g), ([, name = '']) => name)
    const rest = source.replace(/\$\{[^{}]*\}/g, '')
    if (names.length > 0 && names.every(isKnown) && !/[${}]/.test(rest)) return []
    const meant = [...known].find((name) => names.some((one) => one.toLowerCase() === name.toLowerCase()))
    const remedy = meant ? `write '\${${meant}}'` : 'write a source of that list'
    return [
      `AWS does not list the source '${quote(source, 256)}' of '${quote(key, 128)}' as one that Identity Center supports, so the tag may stay empty: ${remedy}`,
    ]
  })
}

function isKnown(name: string): boolean {
  return known.has(name) || ofDirectory.test(name)
}

/** The warnings of the attributes file. Empty for every other input, and for an invalid file. */
export function warnOfAttributesFile(key: string, body: Uint8Array): readonly string[] {
  const file = key === attributesKey ? parseAttributesFile(body) : undefined
  return file?.ok ? warnOfSources(file.value) : []
}
