import { type HeldContents, heldContents } from '../../../../shared/domain/brake/held-contents.ts'

/** A file of a permission set that the brake holds. */
export function heldFile(name: string, more: Partial<HeldContents> = {}): HeldContents {
  return heldContents.parse({
    digest: '0123456789abcdef',
    rule: 'contents',
    cause: 'permission set',
    name,
    since: '2026-03-03T10:00:00.000Z',
    etag: '"1"',
    assignments: 160,
    limit: 20,
    leavesNone: false,
    mayLeaveNone: false,
    givesAdministrator: false,
    takesAway: ['s3:*'],
    taken: 1,
    ...more,
  })
}
