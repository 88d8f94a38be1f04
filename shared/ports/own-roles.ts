/** The IAM roles of the account in which ssofile runs. */
export type OwnRoles = {
  /**
   * The ARN of the role of this name, with its path. An account has each role name once. `undefined`: there is no such role, or ssofile may
   * not look at it. Throws ServiceError (`iam`).
   */
  arnOf(roleName: string): Promise<string | undefined>
}
