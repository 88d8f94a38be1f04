import type { FunctionName } from './deployment-settings.ts'

/** The ids of the roles of a deployment's functions. */
export type RoleIds = Readonly<Partial<Record<FunctionName, string>>>

/** The function that sent a message, from the message's `SenderId`. `undefined`: somebody else, or nobody knows. */
export type SenderOf = (senderId: string | undefined) => FunctionName | undefined

/**
 * SQS itself names the sender of each message: the id of the role, a colon, and the name of the session, which for a function is its own.
 * Only the id counts: who assumes a role chooses the session. (SQS API Reference, "ReceiveMessage", SenderId.)
 */
export function knowSenders(roleIds: RoleIds): SenderOf {
  const names = new Map(Object.entries(roleIds).map(([name, id]) => [id, name as FunctionName]))
  return (senderId) => names.get(senderId?.split(':', 1)[0] ?? '')
}
