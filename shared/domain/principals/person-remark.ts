/** Has the access, and may not sign in. */
export const disabledRemark = 'the user is disabled in the directory'
export const goneRemark = 'the user is gone from the directory'
/** What is left is of others, held, or on its way. */
export const suspendedRemark = 'the user is suspended'

const words: Readonly<Record<string, string>> = { [disabledRemark]: 'disabled', [suspendedRemark]: 'suspended' }

/** `ana (disabled)`: a person with what is remarked of them, for a narrow column. */
export function renderPersonWith(person: string, remark: string | undefined): string {
  if (remark === undefined || remark === '') return person
  return `${person} (${words[remark] ?? 'gone'})`
}
