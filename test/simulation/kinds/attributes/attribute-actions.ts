import { sortAttributes } from '../../../../shared/domain/attributes/attributes-file.ts'
import { disturbing } from '../../doing.ts'
import { attributeFiles } from './attribute-files.ts'
import { attributesIn } from './attributes-in.ts'
import { AttributesPromise } from './attributes-promise.ts'

type Meant = { readonly as: keyof typeof attributeFiles.valid }

/** Another administrator. No event reports it. */
export const attributeActions = {
  'configure attributes in the console': disturbing((world, { as }: Meant) => {
    const { ssoAdmin, checker } = world
    if (ssoAdmin.attributesNow()?.status === 'CREATION_IN_PROGRESS') return
    world.wasDrifted = true
    checker.judge(AttributesPromise).noteByHand()
    ssoAdmin.setAttributes(sortAttributes(attributesIn(attributeFiles.valid[as]) ?? []))
  }),
}
