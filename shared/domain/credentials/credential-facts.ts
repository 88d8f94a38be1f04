/** What IAM of one account says. Instants of uses are late by hours. Absent: never, as far back as IAM keeps it. */
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
  /** Whether root credentials of the organization are; `undefined`: nobody says. */
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
  /** For emergencies: it is not used, and that is as it should be. */
  readonly isBreakGlass: boolean
  /** It only bears the name of a break-glass user. */
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
