import { createHash } from 'node:crypto'
import { renderAssignmentName } from '../../../shared/domain/assignments/assignment.ts'
import type { Preview } from '../../../shared/reconcile/preview/preview.ts'
import type { InputChanges } from '../folder/compare-inputs.ts'
import { isTemporary } from './preview-standing.ts'

/** 128 bits: somebody who writes the files must not find two plans, a harmless and a harmful one, with the same digest. */
const digits = 32

/**
 * The same for the same changes with the same effect: of files by their content and what they take the place of, of access
 * by name, links and the id that the name stands for, of permission sets with those who have them. What changes nothing is
 * not in it (links that wait, the age of the organization), nor what AWS may change by itself, nor what passes with time: how
 * much the brake would hold now, and temporary access. `standing`: what would change without that (`previewStanding`).
 */
export function planDigest(bucket: string, { uploads, deletions }: InputChanges, standing: Preview): string {
  const shown = {
    bucket,
    uploads: uploads.map(({ key, body, over }) => [key, sha256(body), over?.etag]),
    deletions: deletions.map(({ key, etag }) => [key, etag]),
    grants: standing.grants
      .map(({ assignment, links, principalId }) => [renderAssignmentName(assignment), links, principalId])
      .sort(byKey),
    revocations: standing.revocations
      .map(({ key, links }) => [key, links.filter((link) => !isTemporary(link))])
      .sort(byKey),
    bindings: standing.bindings.map(({ link, from, to }) => [link, from, to]).sort(byKey),
    memberships: [standing.memberships.added, standing.memberships.removed].map((all) =>
      all.map(({ group, user, files, access }) => [group, user, files, access]),
    ),
    groups: standing.memberships.groups.map(({ name, change }) => [name, change]),
    // Those that wait, or whose time has ended, change by the clock.
    ...(standing.people.length > 0 && {
      people: standing.people.flatMap(({ name, change, fields, at }) =>
        at === undefined ? [[name, change, fields]] : [],
      ),
    }),
    // One that is blocked is deleted when the last access goes, be it temporary.
    permissionSets: standing.permissionSets.map(({ name, change }) => [
      name,
      change === 'blocked' ? 'delete' : change,
      standing.reach.get(name),
    ]),
    vanishingRoles: standing.vanishingRoles,
    ...(Array.isArray(standing.attributes) && {
      attributes: standing.attributes.map(({ key, from, to }) => [key, from, to]),
    }),
  }
  return sha256(JSON.stringify(shown)).slice(0, digits)
}

function byKey([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}
