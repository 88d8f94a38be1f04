import type { AttentionState, Status } from '../../domain/statuses/status.ts'

/** A request in the API's answer. */
export type ToldRequest = {
  readonly key: string
  readonly linkData: string
  /** `null`: it is deleted, and its access is about to end. */
  readonly file: { readonly etag: string; readonly lastModified: string } | null
  /** `null`: not valid; its status says why. */
  readonly requestDetails: {
    readonly duration: string
    readonly reason?: string
    readonly ticket?: string
    readonly incident?: string
    readonly startsAt?: string
  } | null
  readonly status: Status | null
}

/** An eligibility of the page's user. */
export type ToldEligibility = {
  readonly name: string
  readonly description?: string
  readonly permissionSets: readonly string[]
  readonly scopes: readonly string[]
  readonly longest: string
  readonly approvals: number
  readonly approvers: {
    readonly groups: readonly string[]
    readonly users: readonly string[]
    readonly ownerTag?: string
  }
  readonly approvedByItself?: object
  readonly needs: readonly ('reason' | 'ticket' | 'incident')[]
  readonly ticketPattern?: string
  readonly mayStartLater?: string
  readonly endsSessions: boolean
}

/** Access as the page's records list it. */
export type ToldAccess = {
  readonly account: string
  readonly permissionSet: string
  readonly principal: string
  readonly type: 'GROUP' | 'USER'
  readonly giver: 'ours' | 'foreign' | 'temporary'
}

/** Further facts for an approver. */
export type ToldAbout = {
  readonly accountName?: string
  readonly about?: string
  readonly rows: readonly ToldAccess[]
  readonly isCut: boolean
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
    readonly rows: readonly (Omit<ToldAccess, 'giver'> & {
      readonly links: readonly { readonly link: string; readonly deletedBy?: string | undefined }[]
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
  readonly accounts: Readonly<Record<string, string>>
}

/** Only on a hosted page. */
export type ToldBesides = {
  readonly isAuditor: boolean
  /** Only for operators. */
  readonly operations?: ToldOperations | undefined
  readonly access: { readonly rows: readonly ToldAccess[]; readonly accounts: Readonly<Record<string, string>> }
  readonly choices: readonly {
    readonly name: string
    readonly accounts: readonly string[]
    readonly permissionSets: readonly string[]
  }[]
  readonly abouts: Readonly<Record<string, string>>
  /** Names of accounts. */
  readonly accounts: Readonly<Record<string, string>>
}

export type PageContents = {
  readonly name: string
  readonly eligible: readonly ToldEligibility[]
  readonly unusable: readonly string[]
  readonly unreadGroups?: string
  readonly waiting: readonly ToldRequest[]
  readonly mine: readonly ToldRequest[]
  /** There are more requests than the page asks for. */
  readonly isCut: boolean
  readonly besides?: ToldBesides | undefined
}
