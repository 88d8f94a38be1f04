import type { BreakGlass } from '../../domain/break-glass/break-glass-file.ts'
import { type BreakGlassFinding, breakGlassFinding } from '../../domain/break-glass/judge-break-glass.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { renderCsv } from '../../domain/text/render-csv.ts'
import type { Ports } from '../../ports/ports.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { listHeads } from '../records/list-heads.ts'
import { inputOfStatus, StatusStore, statusPrefix } from '../records/status-store.ts'
import { compareBreakGlass } from './compare-break-glass.ts'
import { listDrills } from './list-drills.ts'

/** Findings have statuses as inputs have: `break-glass/<definition>/<check>/<subject>`. */
const findingPrefix = 'break-glass/'
/** Of these each has a line on the page, or a status; all of them stand in the table. */
const [notesMost, statusesMost] = [20, 200]

type Row = BreakGlassFinding & { readonly definition: string; readonly input: string }
type CheckPorts = Pick<
  Ports,
  'objects' | 'identityStore' | 'organizations' | 'clock' | 'breakGlass' | 'randomness' | 'log'
>

/**
 * Checks break-glass by the definitions that came with the deployment, in each account by the auditor's role. Each finding that
 * wants a person has a status until it is gone: so it stands under `attention/`, and is told. Answers the table and the notes.
 */
export async function tellBreakGlass(
  ports: CheckPorts,
  configuration: Configuration,
): Promise<{ readonly csv: string; readonly notes: readonly string[] } | undefined> {
  const definitions = ports.breakGlass?.definitions() ?? []
  const rows = (await Promise.all(definitions.map((one) => check(one, ports, configuration)))).flat()
  await tell(ports, rows)
  if (definitions.length === 0) return undefined
  const wrong = rows.filter(({ level }) => level !== 'ok')
  const lines = wrong.slice(0, notesMost).map(({ definition, told }) => `break-glass ${definition}: ${told}`)
  const more = wrong.length > notesMost ? [`break-glass: ${wrong.length - notesMost} more in break-glass.csv`] : []
  const cells = rows.map((row) => [row.definition, row.check, row.level, row.told, row.remedy ?? ''])
  const csv = renderCsv([['definition', 'check', 'level', 'finding', 'what to do'], ...cells])
  return { csv, notes: [...lines, ...more] }
}

async function check(file: BreakGlass, ports: CheckPorts, configuration: Configuration): Promise<readonly Row[]> {
  const { breakGlass, clock, objects, identityStore } = ports
  const prefix = `${findingPrefix}${file.name}/`
  const { auditorRole } = configuration
  // The role of the function may assume this one alone.
  if (breakGlass === undefined || auditorRole !== file.auditorRole) {
    const told = `not checked: the deployment has the auditor's role '${auditorRole}', the file '${file.auditorRole}'; run ssofile break-glass check --file infra/break-glass/${file.name}.json with your own credentials`
    const finding = breakGlassFinding('roles', { subject: '', level: 'skip', told })
    return [{ ...finding, isUnchecked: true, definition: file.name, input: prefix }]
  }
  const rows: Row[] = []
  const found = compareBreakGlass(file, {
    auditor: breakGlass.auditor,
    clock,
    accounts: async () => {
      const view = await new OrganizationCache(ports, configuration.folders).storedView()
      if (view === undefined) throw new Error('the organization has not been read yet')
      return view.accounts
    },
    isUser: async (name) => (await identityStore.findPrincipalId('USER', principalName.parse(name))) !== undefined,
    drills: () => listDrills(objects),
  })
  for await (const finding of found)
    rows.push({
      ...finding,
      definition: file.name,
      input: `${prefix}${finding.check.replace('break-glass ', '')}/${finding.subject}`,
    })
  return rows
}

/** What could not be asked keeps what was known of it. */
async function tell({ objects, clock }: Pick<Ports, 'objects' | 'clock'>, rows: readonly Row[]): Promise<void> {
  const statuses = new StatusStore(objects, clock)
  const unchecked = rows.filter(({ isUnchecked }) => isUnchecked).map(({ input }) => input)
  const wrong = rows.filter(({ level, isUnchecked }) => level !== 'ok' && !isUnchecked)
  const bySubject = [...Map.groupBy(wrong, ({ input }) => input)].slice(0, statusesMost)
  for (const [input, findings] of bySubject) {
    const reason = findings.map(({ told }) => told).join('; ')
    const remedy = [...new Set(findings.map((one) => one.remedy))].join('; ')
    await statuses.revise(input, async () => ({ state: 'failed', reason, remedy }))
  }
  const told = new Set(bySubject.map(([input]) => input))
  for (const key of (await listHeads(objects, statusPrefix + findingPrefix)).keys()) {
    const input = inputOfStatus(key)
    if (!told.has(input) && !unchecked.some((one) => input.startsWith(one)))
      await statuses.revise(input, async () => undefined)
  }
}
