import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Page } from '../../ports/page.ts'
import type { Application } from '../../ports/sso-admin.ts'
import { stableHex } from '../stable-id.ts'
import { readPage } from './sso-admin-answers.ts'
import { conflict, notFound } from './sso-admin-refusals.ts'

type Instance = { readonly ownerAccountId: AccountId; readonly instanceArn: string }
type ApplicationRecord = Application & { readonly scopes: readonly string[] }
/** API Reference, "ListApplications". */
const pageMost = 50

/** The applications of one instance, and the access scopes of each. */
export class Applications {
  readonly #table: Map<string, ApplicationRecord>
  readonly #instance: Instance

  constructor(table: Map<string, ApplicationRecord>, instance: Instance) {
    this.#table = table
    this.#instance = instance
  }

  list(nextToken: string | undefined, most = pageMost): Page<Application> {
    const all = [...this.#table.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1))
    const page = readPage(all, ({ arn }) => arn, { nextToken, most: Math.min(most, pageMost) })
    return { ...page, items: page.items.map(({ scopes: _, ...application }) => application) }
  }

  hasScope(arn: string, scope: string): boolean {
    return this.#table.get(arn)?.scopes.includes(scope) === true
  }

  create(name: string): string {
    const { ownerAccountId: account, instanceArn } = this.#instance
    const arn = `arn:aws:sso::${account}:application/${instanceArn.split('/')[1]}/apl-${stableHex(name, 16)}`
    if (this.#table.has(arn)) throw conflict(`The application ${name} already exists.`)
    this.#table.set(arn, { arn, name, account, isEnabled: true, scopes: [] })
    return arn
  }

  putScope(arn: string, scope: string): void {
    const { scopes, ...application } = this.#get(arn)
    this.#table.set(arn, { ...application, scopes: [...new Set([...scopes, scope])] })
  }

  deleteScope(arn: string, scope: string): void {
    const { scopes, ...application } = this.#get(arn)
    if (!scopes.includes(scope)) throw noSuchScope(scope)
    this.#table.set(arn, { ...application, scopes: scopes.filter((one) => one !== scope) })
  }

  delete(arn: string): void {
    this.#get(arn)
    this.#table.delete(arn)
  }

  #get(arn: string): ApplicationRecord {
    const found = this.#table.get(arn)
    if (found === undefined) throw notFound(`Could not find Application with id ${arn.split('/').at(-1)}`)
    return found
  }
}

export const noSuchScope = (scope: string) => notFound(`Access scope ${scope} not found for Application.`)
