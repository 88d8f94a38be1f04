import { complainOfObjections, describeObjection } from '../../domain/guardrails/judge-by-policies.ts'
import type { Uploader } from '../../domain/links/input-message.ts'
import type { LinkBody } from '../../domain/links/link-body.ts'
import { isSameUpload } from '../../domain/links/upload.ts'
import type { MembershipFile } from '../../domain/people/membership-file.ts'
import type { OwnedMembership } from '../../domain/people/owned-membership.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { judgeMembership } from '../guardrails/judge-membership.ts'
import type { InputHead } from '../records/read-input.ts'

/** A file in force that asks for the membership. */
type Asking = {
  readonly membership: Pick<MembershipFile, 'key' | 'group' | 'user'>
  readonly head: InputHead
  readonly body: LinkBody
  readonly by: Uploader | undefined
}

type Admitted = {
  /** Those that count. */
  readonly files: OwnedMembership['files']
  readonly refusals: ReadonlyMap<string, Complaint>
  readonly warnings: ReadonlyMap<string, readonly string[]>
}

/**
 * Of files in force, those that count, as for links: a policy stops what is new, and takes nothing away. `known`: the files that the
 * ledger names.
 *
 * | its content            | the policies | the ledger has of this file           | then                                    |
 * | ---------------------- | ------------ | ------------------------------------- | --------------------------------------- |
 * | gave the membership    |              | the same content                      | it counts; what they say is a warning   |
 * | is new                 | accept it    |                                       | it counts                               |
 * | is new                 | refuse it    | another content, not expired          | rejected; that other content goes on    |
 * | is new                 | refuse it    | another content, expired; or nothing  | rejected, and it counts as absent       |
 */
export async function admitFiles(
  asking: readonly Asking[],
  {
    known,
    now,
    ...context
  }: Parameters<typeof judgeMembership>[1] & {
    readonly known: OwnedMembership['files']
    readonly now: Date
  },
): Promise<Admitted> {
  const files: OwnedMembership['files'][number][] = []
  const refusals = new Map<string, Complaint>()
  const warnings = new Map<string, readonly string[]>()
  for (const { membership, head, body, by } of asking) {
    const { key } = membership
    const before = known.find((one) => one.key === key)
    const isKnown = before !== undefined && (before.etag === undefined || isSameUpload(before, head))
    const verdict = await judgeMembership({ membership, body, by, uploadedAt: head.lastModified }, context)
    const objections = [...verdict.warnings, ...(isKnown ? verdict.refusals : [])]
    if (objections.length > 0) warnings.set(key, objections.map(describeObjection))
    const complaint = isKnown ? undefined : complainOfObjections(key, verdict.refusals)
    if (complaint === undefined) files.push(describe({ key, head, body, by }))
    else {
      refusals.set(key, complaint)
      if (before && !(before.expiresAt !== undefined && new Date(before.expiresAt) <= now)) files.push(before)
    }
  }
  return { files, refusals, warnings }
}

function describe({ key, head, body, by }: Omit<Asking, 'membership'> & { readonly key: string }) {
  const { etag, content, rebind } = head
  return {
    key,
    ...(by && { by }),
    etag,
    ...(content === undefined ? {} : { content }),
    ...(rebind === undefined ? {} : { rebind }),
    ...(body.expiresAt && { expiresAt: renderInstant(body.expiresAt) }),
  }
}
