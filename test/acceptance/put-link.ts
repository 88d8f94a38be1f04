import type { AcceptanceContext } from './acceptance-context.ts'

/** Uploads a permission set without rights, and waits until it is there. It goes at the end of the step. */
export async function putSet(context: AcceptanceContext, set: string): Promise<void> {
  const file = `permission_sets/${set}.json`
  await context.putUntilGone(file, JSON.stringify({ permissionSetName: set }))
  await context.untilStateMs('applied', file)
}

/** Uploads a permission set and a link to it. At the end of the step the link goes first, and the access with it. */
export async function putLink(context: AcceptanceContext, set: string, link: string): Promise<void> {
  await putSet(context, set)
  await context.putUntilGone(link)
}
