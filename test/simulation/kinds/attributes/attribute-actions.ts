import { sortAttributes } from '../../../../shared/domain/attributes/attributes-file.ts'
import { disturbing } from '../../doing.ts'
import { attributeFiles } from './attribute-files.ts'
import { attributesIn } from './attributes-in.ts'
import { AttributesPromise } from './attributes-promise.ts'

/** `isRefused`: AWS fails the change. */
type Meant = { readonly as: keyof typeof attributeFiles.valid; readonly isRefused?: boolean }

/** Another administrator. No event reports it. */
export const attributeActions = {
  'configure attributes in the console': disturbing((world, { as, isRefused = false }: Meant) => {
    const { ssoAdmin, checker } = world
    if (ssoAdmin.attributesNow()?.status === 'CREATION_IN_PROGRESS') return
    world.wasDrifted = true
    checker.judge(AttributesPromise).noteByHand()
    if (isRefused) ssoAdmin.failAttributes('AWS refuses this')
    ssoAdmin.setAttributes(sortAttributes(attributesIn(attributeFiles.valid[as]) ?? []))
    ssoAdmin.failAttributes(undefined)
  }),
}
