/** Facts from the IAM of one account. Instants of uses are late by hours. Absent: no use in the period that IAM remembers. */
export type AccountPasswordPolicy = {
  readonly minimumLength: number
  /** Small and capital letters, digits and symbols. */
  readonly isMixed: boolean
  readonly reusePrevention: number
  readonly maxAgeDays?: number | undefined
}

export type RootFacts = {
  /** `undefined`: IAM did not say. */
  readonly hasPassword: boolean | undefined
  readonly hasMfa: boolean
  readonly activeKeys: number
  /** Whether the organization manages root credentials centrally. `undefined`: unknown. */
  readonly isManagedCentrally?: boolean | undefined
  readonly lastUsedAt?: Date | undefined
}

export type KeyFacts = {
  readonly id: string
  readonly isActive: boolean
  readonly madeAt: Date
  readonly lastUsedAt?: Date | undefined
  readonly service?: string | undefined
  readonly region?: string | undefined
}

export type UserFacts = {
  readonly name: string
  readonly madeAt: Date
  /** Absent: no sign-in to the console. */
  readonly password?: { readonly changedAt: Date; readonly lastUsedAt?: Date | undefined } | undefined
  readonly hasMfa: boolean
  readonly keys: readonly KeyFacts[]
  /** A user for emergencies, which is normally unused. */
  readonly isBreakGlass: boolean
  /** It only has the name of a break-glass user. */
  readonly isNamesake?: boolean
}

export type RoleFacts = {
  readonly name: string
  readonly path: string
  readonly madeAt: Date
  readonly lastUsedAt?: Date | undefined
  readonly trust: string
  readonly isBreakGlass: boolean
}

/** The root user's name in IAM's credential report. */
export const rootUser = '<root_account>'
