/** To compare names: in an account no two users, and no two roles, differ only in case. (IAM API Reference, "CreateUser", "CreateRole".) */
export function foldIamName(name: string): string {
  return name.toLowerCase()
}
