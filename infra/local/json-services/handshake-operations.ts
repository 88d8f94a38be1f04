import * as z from 'zod'
import { type AccountId, accountId } from '../../../shared/domain/organization/account-id.ts'
import type { MemoryOrganizations } from '../../../shared/memory/organizations/memory-organizations.ts'
import type { HandshakeRecord } from '../../../shared/memory/organizations/organization-records.ts'
import { localRequests } from '../local-request.ts'
import { type JsonOperation, operation } from './json-operation.ts'
import { TagList, toTags } from './organization-tags.ts'

/** A member account calls AcceptHandshake and LeaveOrganization. Here an account id as access key id means that account. */
export function handshakeOperations(model: MemoryOrganizations): Record<string, JsonOperation> {
  const render = (handshake: HandshakeRecord) => ({ Handshake: renderHandshake(handshake, model) })
  const Target = z.object({ Type: z.enum(['ACCOUNT', 'EMAIL']), Id: z.string().min(1).max(64) })
  const HandshakeId = z.string().regex(/^h-[0-9a-z]{8,32}$/)
  return {
    InviteAccountToOrganization: operation(
      { Target, Notes: z.string().max(1024).optional(), Tags: TagList.optional() },
      async (input) =>
        render(
          await model.inviteAccountToOrganization(
            { type: input.Target.Type, id: input.Target.Id },
            toTags(input.Tags ?? []),
          ),
        ),
    ),
    AcceptHandshake: operation({ HandshakeId }, async (input) =>
      render(await model.acceptHandshake(input.HandshakeId, callingAccount(model))),
    ),
    LeaveOrganization: operation({}, async () => model.leaveOrganization(callingAccount(model))),
  }
}

function callingAccount(model: MemoryOrganizations): AccountId {
  return accountId.safeParse(localRequests.getStore()?.accessKeyId).data ?? model.managementAccountIdNow
}

function renderHandshake({ id, party, state, requestedAt, expiresAt }: HandshakeRecord, model: MemoryOrganizations) {
  const { organizationId, managementAccountIdNow: management } = model
  return {
    Id: id,
    Arn: `arn:aws:organizations::${management}:handshake/${organizationId}/invite/${id}`,
    Parties: [
      { Id: organizationId.slice(2), Type: 'ORGANIZATION' },
      { Id: party.id, Type: party.type },
    ],
    State: state,
    RequestedTimestamp: requestedAt,
    ExpirationTimestamp: expiresAt,
    Action: 'INVITE',
    Resources: [
      { Type: 'ORGANIZATION', Value: organizationId },
      { Type: party.type, Value: party.id },
    ],
  }
}
