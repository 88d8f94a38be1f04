import * as z from 'zod'
import { assignmentOf } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { record } from '../../domain/json/record.ts'
import { type Link, renderGrant } from '../../domain/links/link.ts'
import { accessHint, type Hint } from '../../domain/messages/hint.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { expandScopeAtMost } from '../../domain/scopes/expand-scope.ts'
import type { Selectors } from '../../domain/scopes/selector-file.ts'
import type { Ports } from '../../ports/ports.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { defineRecord } from '../records/define-record.ts'
import { sendInputs } from '../records/inputs.ts'
import { sendHints } from '../records/lanes.ts'
import { forEachAssignmentKey } from '../records/ledger.ts'
import { listLinksOfKind } from '../records/list-links.ts'
import { NameIndex } from '../records/principal-names.ts'
import type { SelectorFiles } from '../records/selector-files.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { tellFiles } from './tell-files.ts'

/** By name: the last content, and whether it could be used. */
const selectorState = record({ v: z.literal(1), contents: z.record(z.string(), z.string()) })
export const selectorStateRecord = defineRecord({
  at: 'state/selectors.json',
  meaning: 'the selectors that links were looked at with',
  source: { is: 'cache', of: 'selectors/' },
  value: selectorState,
})

/** The most access to ask for in one run, whose function has a minute. The sweep asks for the rest within five minutes. */
export const lostMost = 50_000

type WatchedPorts = Pick<Ports, 'objects' | 'organizations' | 'queues' | 'randomness' | 'clock'>

/**
 * Looks at every link whose selector was written, changed or deleted since the last run, and at ledger entries that these links
 * no longer select. Writes a status for each selector and returns the keys of broken ones. Safe to repeat after an interruption: it
 * notes the changes last.
 */
export async function watchSelectors(
  ports: WatchedPorts,
  configuration: Configuration,
  files: SelectorFiles,
): Promise<readonly string[]> {
  const { objects } = ports
  const { selectors, contents } = await files.readWithContents()
  const complaints = [...selectors.values()].flatMap((selector) => (selector.ok ? [] : [selector.complaint]))
  const broken = await tellFiles(ports, kinds.selector, configuration, complaints)
  const record = selectorStateRecord.of(objects)
  const known = new Map(Object.entries((await spoiledAsAbsent(record.read()))?.value.contents ?? {}))
  const changed = [...new Set([...known.keys(), ...contents.keys()])].filter(
    (name) => known.get(name) !== contents.get(name),
  )
  if (changed.length === 0) return broken
  const links: Link[] = []
  for (const listing of listLinksOfKind(objects, configuration.folders, 'select'))
    for await (const link of listing)
      if (link.scope.kind === 'select' && changed.includes(link.scope.name)) links.push(link)
  const inputs = links.map(({ key }) => key)
  const view = await new OrganizationCache(ports, configuration.folders).storedView()
  const hints = await findLost(links, view, { ...configuration, objects, selectors })
  await sendHints(ports, { id: ports.randomness.id(), hints, revocation: true }, configuration)
  await sendInputs(ports, inputs, 'a selector has changed', configuration)
  await record.overwrite({ v: 1, contents: Object.fromEntries(contents) })
  return broken
}

/**
 * Ledger entries of these links' grants in accounts that none of them selects, about `lostMost`. Lists the ledger once for all. An account
 * is not lost while nobody knows whether a selector means it.
 */
async function findLost(
  links: readonly Link[],
  view: OrganizationView | undefined,
  context: Configuration & { readonly selectors: Selectors } & Pick<Ports, 'objects'>,
): Promise<readonly Hint[]> {
  if (links.length === 0 || view === undefined) return []
  const byGrant = new Map(
    [...Map.groupBy(links, renderGrant)].map(([grant, those]) => {
      const accounts = those.flatMap((link) => expandScopeAtMost(link, view, context))
      return [grant, { links: those, accounts: new Set(accounts) }]
    }),
  )
  const hints: Hint[] = []
  const names = await NameIndex.read(context.objects)
  await forEachAssignmentKey(context.objects, ledgerPrefix, (key) => {
    if (hints.length >= lostMost) return
    const id = assignmentOf(key)
    for (const principal of names.everNamesOf(id.type, id.principalId)) {
      const found = byGrant.get(renderGrant({ ...id, principal }))
      if (!found || found.accounts.has(id.accountId)) continue
      hints.push(...found.links.map((link) => accessHint(id, link.key)))
    }
  })
  return hints
}
