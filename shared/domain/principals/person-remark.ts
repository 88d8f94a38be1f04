/** The user has the access, but cannot sign in. */
export const disabledRemark = 'the user is disabled in the directory'
export const goneRemark = 'the user is gone from the directory'
/** A suspended user's remaining access belongs to others, is held, or is in flight. */
export const suspendedRemark = 'the user is suspended'

const words: Readonly<Record<string, string>> = { [disabledRemark]: 'disabled', [suspendedRemark]: 'suspended' }

/** `ana (disabled)`: a person with a remark, for a narrow column. */
export function renderPersonWith(person: string, remark: string | undefined): string {
  if (remark === undefined || remark === '') return person
  return `${person} (${words[remark] ?? 'gone'})`
}
