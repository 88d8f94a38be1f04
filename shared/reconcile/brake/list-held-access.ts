import pLimit from 'p-limit'
import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import type { BrakeList } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { countTaken } from '../../domain/brake/taken.ts'
import type { Uploader } from '../../domain/links/input-message.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { showList } from '../records/brake-file.ts'
import { Ledger } from '../records/ledger.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { type MembersOf, readMembers } from './read-members.ts'

/** So many rows are enough for a reader. The digest stands for the whole list. */
const rowsMost = 100

/** The people who would lose access by one list of the brake, and their links, by the ledger. */
export async function listHeldAccess(list: BrakeList, objects: ObjectStore, membersOf: MembersOf) {
  const { digest, since, held } = showList(list)
  const ledger = new Ledger(objects)
  const readRow = async (key: AssignmentKey) => {
    const { accountId: account, permissionSet, principalId, type } = assignmentOf(key)
    const { entry } = (await spoiledAsAbsent(ledger.read(key))) ?? {}
    const links = entry?.links.map(({ key: link, deletedBy }) => ({ link, ...sayDeletion(deletedBy) })) ?? []
    return { account, permissionSet, type, principal: entry?.principal ?? principalId, links }
  }
  const rows = await pLimit(readsAtOnce).map(held.slice(0, rowsMost), readRow)
  const takes = countTaken([...held], await readMembers([...held], membersOf))
  return { digest, reason: describeList(list), since, held: held.length, takes, rows }
}

function sayDeletion(by: Uploader | undefined): { readonly deletedBy?: string; readonly deletedAt?: string } {
  return by === undefined ? {} : { deletedBy: by.principalId, deletedAt: by.at }
}
