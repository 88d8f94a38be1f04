import type * as z from 'zod'
import type { Taken } from '../../../domain/brake/taken.ts'
import type { accessRequestSchema } from '../../../domain/files/access-request.ts'
import type { Eligibility } from '../../../domain/files/eligibility-file.ts'
import type { AttentionState, Status } from '../../../domain/statuses/status.ts'
import type { RequestStory } from '../../requests/rules/request-story.ts'
import type { Manifest } from '../../reviews/rules/manifest.ts'

/** A request in the API's answer. */
export type ToldRequest = {
  readonly key: string
  readonly linkData: string
  /** `null`: it is deleted, and its access is about to end. */
  readonly file: { readonly etag: string; readonly lastModified: string } | null
  /** `null`: not valid; its status says why. */
  readonly requestDetails: z.infer<typeof accessRequestSchema> | null
  readonly status: Status | null
}

/** An eligibility of the page's user. */
export type ToldEligibility = Omit<Eligibility, 'key' | 'for' | 'scopes' | `${string}Ms`> & {
  readonly scopes: readonly string[]
  readonly longest: string
  readonly mayStartLater?: string
}

/** Access as the page's records list it. */
export type ToldAccess = {
  readonly account: string
  readonly permissionSet: string
  readonly principal: string
  readonly type: 'GROUP' | 'USER'
  readonly giver: 'ours' | 'foreign' | 'temporary'
  readonly since: string
}

/** Names of accounts and of the units above them, by account. */
export type Names = {
  readonly accounts: Readonly<Record<string, string>>
  readonly paths: Readonly<Record<string, string>>
}
export type AccessList = Names & {
  readonly asOf: string
  readonly rows: readonly ToldAccess[]
  readonly isCut: boolean
}

/** Everybody's access, for auditors. */
export type EverybodyList = AccessList & {
  readonly dates: readonly string[]
  readonly administratorSets: readonly string[]
}
/** Everybody's last uses, for auditors: when and how, by `<person>%<account>%<permission set>`. `countedSince`: absent if nothing is counted. `notKnown`: people whose uses could not be read. */
export type ToldUses = {
  readonly countedSince?: string | undefined
  readonly uses: Readonly<Record<string, string>>
  readonly notKnown: readonly string[]
}
/** The members of some groups, by the names of the groups. `null`: the group is gone. `next`: ask after this group. */
export type ToldMembers = {
  readonly members: Readonly<Record<string, readonly string[] | null>>
  readonly next: string | null
}

export type PastRequest = Pick<
  RequestStory,
  'key' | 'digest' | 'outcome' | 'events' | 'reason' | 'permissionSet' | 'scope'
>

/** Why an approver should look twice. */
export type Risk = { readonly label: string; readonly why: string }

/** Further facts for an approver. */
export type ToldAbout = Names & {
  readonly about?: string
  /** By the file of the permission set. Absent: ssofile has no file of it. */
  readonly allows?: string
  /** The facts that could not be read, so that risk and access are not known. */
  readonly unread?: string
  readonly risks: readonly Risk[]
  readonly rows: readonly ToldAccess[]
  readonly isCut: boolean
  readonly last: readonly PastRequest[]
}

/** The operators' data. */
export type ToldOperations = {
  readonly pause: { readonly since: string; readonly told: string; readonly isLoss: boolean } | null
  readonly lists: readonly {
    readonly digest: string
    readonly reason: string
    readonly since: string
    /** The number of all; `rows` are the first of them. */
    readonly held: number
    /** The accounts, groups and users of all of them. */
    readonly takes: Taken
    readonly rows: readonly (Pick<ToldAccess, 'account' | 'permissionSet' | 'principal' | 'type'> & {
      readonly links: readonly {
        readonly link: string
        readonly deletedBy?: string | undefined
        readonly deletedAt?: string | undefined
      }[]
    })[]
  }[]
  readonly contents: readonly {
    readonly digest: string
    readonly name: string
    readonly since: string
    readonly reason: string
    readonly takesAway: readonly string[]
  }[]
  readonly attention: {
    readonly all: number
    readonly inputs: readonly {
      readonly state: AttentionState
      readonly input: string
      readonly reason?: string | undefined
      readonly remedy?: string | undefined
    }[]
  }
  readonly health: {
    /** The functions of schedules that have run, by name. Late: two runs should have followed since. */
    readonly schedules: readonly { readonly name: string; readonly ranAt: string; readonly isLate: boolean }[]
    readonly driftCheckedAt?: string | undefined
    readonly isDriftCheckOpen: boolean
    readonly openWork: number
    readonly oldestWork?: string | undefined
    readonly organizationReadAt?: string | undefined
  }
  readonly accounts: Readonly<Record<string, string>>
}

/** Figures of one nightly report. */
export type Trend = { readonly date: string; readonly counts: Readonly<Record<string, number | undefined>> }

export type Me = {
  readonly name: string
  readonly isAuditor: boolean
  readonly isOperator: boolean
  /** The groups whose members may see what only auditors, or only operators, see. */
  readonly auditors?: readonly string[]
  readonly operators?: readonly string[]
  readonly portal?: string
  /** The pages of all organizations. */
  readonly organizations?: readonly { readonly name: string; readonly url: string }[]
  readonly account?: string
}

export type Eligibilities = {
  readonly name: string
  readonly eligible: readonly ToldEligibility[]
  readonly unusable: readonly string[]
  readonly unreadGroups?: string
}

/** What each eligibility offers by name. */
export type Choices = Names & {
  readonly choices: readonly {
    readonly name: string
    readonly accounts: readonly string[]
    readonly permissionSets: readonly string[]
  }[]
  readonly abouts: Readonly<Record<string, string>>
}

/** A change as history has it. */
export type ToldChange = {
  readonly at: string
  readonly event: string
  readonly name: string
  readonly by?: string
  readonly links?: readonly string[]
  readonly reason?: string
  readonly approvedBy?: string
}
export type ToldChanges = Names & {
  readonly changes: readonly ToldChange[]
  /** The number of all. `next`: ask after this change for older ones; `null`: there are none. */
  readonly all: number
  readonly next: string | null
  readonly days: readonly { readonly date: string; readonly granted: number; readonly revoked: number }[]
}

/**
 * An item of a review. `own`: the reader's decision; `problem`: why it does not count. `moreAccounts`: so many accounts of its subject are
 * not told.
 */
export type ToldReviewItem = Manifest['items'][number] & {
  readonly moreAccounts?: number
  readonly review: string
  /** May revoke it. */
  readonly mayDecide: boolean
  readonly mayKeep: boolean
  /** Why the reader may not keep it. */
  readonly onlyRevokes?: string
  /** Why the reader is asked. */
  readonly why?: string
  /** What others in the groups of the person have. */
  readonly colleagues?: string
  readonly own?: { readonly verdict: 'keep' | 'revoke'; readonly at: string; readonly problem?: string }
}
export type ToldReview = Omit<Manifest, 'items'> & {
  readonly dueAt: string
  readonly endsAt: string
  /** Absent: nobody watches uses. */
  readonly usesSince?: string
  readonly decided: number
  readonly undecided: number
  readonly items: readonly ToldReviewItem[]
  readonly isCut: boolean
}
/** Each review, and the items that wait for the reader. */
export type ToldReviews = Pick<ToldReview, 'items' | 'isCut'> & {
  readonly reviews: readonly Omit<ToldReview, 'items' | 'isCut' | 'terms'>[]
}

/** What changes seldom, and what the page looks at every 20 seconds. */
export type PageFacts = Slow & {
  readonly waiting: readonly ToldRequest[]
  readonly mine: readonly ToldRequest[]
  /** There are more requests than the page asks for. */
  readonly isCut: boolean
  /** Absent: `ssofile browse` does not read it. */
  readonly access?: AccessList | undefined
  /** Names of the accounts that requests of others name. */
  readonly names?: Names | undefined
  readonly operations?: { readonly value: ToldOperations; readonly atMs: number } | undefined
  readonly atMs: number
}
export type Slow = { readonly me: Me; readonly eligibilities: Eligibilities; readonly choices: Choices }
export type NowAnswer = Readonly<
  Record<'waiting' | 'mine', { requests: readonly ToldRequest[]; nextToken?: string }>
> & {
  readonly access: AccessList
  readonly names: Names
}
