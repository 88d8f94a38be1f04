import { Refusal } from '../handlers/cli/arguments/refusal.ts'

/** IAM User Guide, "IAM and AWS STS quotas", role trust policy length. White space does not count. */
const charactersMost = 2_048

/** Throws Refusal if the trust policy is longer than IAM's default quota. `lists`: the settings that add principals to it. */
export function checkTrustPolicy(role: string, policy: object, lists: string): void {
  const characters = JSON.stringify(policy).length
  if (characters > charactersMost)
    throw new Refusal(
      `the trust policy of the role ${role} has ${characters} characters, expected at most ${charactersMost} (the default quota of IAM). The principals of ${lists} take most: let people share a permission set, or end a name with * that stands for several`,
    )
}
