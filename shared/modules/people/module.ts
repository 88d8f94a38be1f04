import { kinds } from '../../domain/inputs/kinds.ts'
import { by } from '../../reconcile/inputs/module.ts'
import { groupController } from './group-controller.ts'
import { membershipController } from './membership-controller.ts'
import { lookAtEnded, personController } from './person-controller.ts'
import { ruleController } from './rule-controller.ts'
import { suspensionController } from './suspension-controller.ts'

export const people = {
  controllers: [
    [kinds.suspension, lookAtEnded(by(suspensionController))],
    [kinds.person, by(personController)],
    [kinds.group, by(groupController)],
    [kinds.membership, by(membershipController)],
    [kinds.rule, by(ruleController)],
  ],
} as const
