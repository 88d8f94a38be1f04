/** Nobody can switch them off again. (IAM Identity Center API Reference, "UpdateInstance", PermissionSetsEnabled: only true.) */
export const remedyWithoutPermissionSets =
  'enable them in the management account: aws sso-admin update-instance --instance-arn ARN --permission-sets-enabled. This cannot be undone'
