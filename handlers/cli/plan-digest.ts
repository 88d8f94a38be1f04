import { createHash } from 'node:crypto'
import { renderAssignmentKey } from '../../shared/domain/assignment.ts'
import type { Preview } from '../../shared/reconcile/preview/preview.ts'
import type { InputChanges } from './compare-inputs.ts'

/** 128 bits: somebody who writes the files must not find two plans, a harmless and a harmful one, with the same digest. */
const digits = 32

/**
 * The same for the same changes with the same effect: of files by their content and what they take the place of, of access
 * by key, links and the id that the name stands for, of permission sets with those who have them. What changes nothing is
 * not in it (links that wait, the age of the organization), nor what AWS may change by itself.
 */
export function planDigest(bucket: string, { uploads, deletions }: InputChanges, preview: Preview): string {
  const shown = {
    bucket,
    uploads: uploads.map(({ key, body, over }) => [key, sha256(body), over?.etag]),
    deletions: deletions.map(({ key, etag }) => [key, etag]),
    grants: preview.grants
      .map(({ assignment, links, principalId }) => [renderAssignmentKey(assignment), links, principalId])
      .sort(byKey),
    revocations: preview.revocations
      .map(({ assignment, links }) => [renderAssignmentKey(assignment), links])
      .sort(byKey),
    bindings: preview.bindings.map(({ link, from, to }) => [link, from, to]).sort(byKey),
    held: [preview.brake.held, preview.brake.contents.map(({ name }) => name)],
    permissionSets: preview.permissionSets.map(({ name, change }) => [name, change, preview.reach.get(name)]),
    vanishingRoles: preview.vanishingRoles,
  }
  return sha256(JSON.stringify(shown)).slice(0, digits)
}

function byKey([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}
