import * as z from 'zod'

const text = z.string().min(1).optional().catch(undefined)
const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const user = z.looseObject({
  userName: text,
  displayName: text,
  name: z.looseObject({ givenName: text, familyName: text, formatted: text }).optional().catch(undefined),
  emails: z
    .array(z.looseObject({ value: text, primary: z.boolean().optional() }))
    .optional()
    .catch(undefined),
  title: text,
  userType: text,
  [enterprise]: z.looseObject({ department: text }).optional().catch(undefined),
})

/** The fields of a person's file for a user in SCIM's form. `undefined`: the document has another form. (RFC 7643, "User" and its extension.) */
export function personOfScim(document: unknown) {
  const read = user.safeParse(document)
  if (!read.success) return undefined
  const { schemas } = read.data
  const isScim = Array.isArray(schemas) ? schemas.includes(userSchema) : read.data.name !== undefined
  if (!isScim) return undefined
  const { name, displayName, emails = [], title, userType, [enterprise]: extension } = read.data
  const { givenName = '…', familyName = '…' } = name ?? {}
  const email = (emails.find(({ primary }) => primary === true) ?? emails[0])?.value
  return {
    displayName: displayName ?? name?.formatted ?? `${givenName} ${familyName}`,
    givenName,
    familyName,
    ...(email === undefined ? {} : { email }),
    ...(title === undefined ? {} : { title }),
    ...(extension?.department === undefined ? {} : { department: extension.department }),
    ...(userType === undefined ? {} : { userType }),
  }
}
