import { Validations } from 'aws-cdk-lib/core'
import type { IConstruct } from 'constructs'

/** Suppresses findings of cdk-nag, by rule, each with the reason. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason })
}
