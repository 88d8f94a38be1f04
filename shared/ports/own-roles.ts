/** The IAM roles of the account in which ssofile runs. */
export type OwnRoles = {
  /**
   * The ARN of the role of this name, with its path: a name is there once in an account. `undefined`: there is none, or none
   * that ssofile may look at. Throws ServiceError (`iam`).
   */
  arnOf(roleName: string): Promise<string | undefined>
}
