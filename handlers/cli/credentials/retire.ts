import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import * as z from 'zod'
import { retirePrefix } from '../../../shared/domain/files/retire-file.ts'
import { renderFilePaths } from '../../../shared/domain/links/file-name.ts'
import { quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { parseOwnCsv } from '../../../shared/domain/text/render-csv.ts'
import { credentialReportsPrefix } from '../../../shared/modules/credentials/credential-summary.ts'
import { readRetirementRules } from '../../../shared/modules/credentials/read-hygiene-file.ts'
import {
  type LeftOut,
  type ProposedFile,
  proposeRetireFiles,
  type ReportLine,
} from '../../../shared/modules/credentials/rules/propose-retire-files.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { parseDays } from '../arguments/parse-days.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { renderJson } from '../terminal/render-json.ts'
import { show } from '../terminal/show.ts'

type Options = {
  readonly fromReport: string
  readonly unusedFor: number
  readonly owner?: string
  readonly to?: string
  readonly json?: boolean
}

/** `ssofile retire`: proposes files that retire unused credentials. A person reads them before the upload. */
export function addRetire(program: Command): void {
  program
    .command('retire')
    .description(
      'Proposes files under retire/ for keys and passwords unused for some days, from a report of credentials (docs/credentials.md). It only reads the bucket: --to writes the files into a folder, for you to read and upload.',
    )
    .requiredOption('--from-report <date>', 'the date of the report, such as 2026-03-03')
    .requiredOption('--unused-for <days>', 'unused for this number of days, such as 180d', parseDays)
    .option('--owner <name>', 'only accounts of this owner, by their tag')
    .option('--to <folder>', 'write the files into this folder; default: only show them')
    .option('--json', 'the files and the skipped credentials as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile retire --from-report 2026-03-03 --unused-for 180d\n  ssofile retire --from-report 2026-03-03 --unused-for 180d --owner team-a --to plan',
    )
    .action(async (options: Options) => {
      process.exitCode = await retire(options)
    })
}

async function retire({ fromReport, unusedFor, owner, to, json = false }: Options): Promise<number> {
  const { objects, clock } = await openBucket()
  const { bucket } = objects
  const lines = (await readReport(objects, fromReport)).filter((line) => owner === undefined || line.owner === owner)
  const rules = await readRetirementRules(objects)
  if (!rules.ok) throw new Refusal(renderComplaint(rules.complaint))
  const now = clock.now()
  const proposed = proposeRetireFiles(lines, { ...rules.value, days: unusedFor, now })
  if (to !== undefined) await writeFiles(to, proposed.files)
  if (json) process.stdout.write(renderJson(proposed))
  else await show(renderProposal(proposed, { date: fromReport, days: unusedFor, to, bucket }))
  const warning = warnOfAge(fromReport, now)
  if (warning !== undefined) process.stderr.write(`warning: ${warning}\n`)
  return proposed.files.length === 0 ? 1 : 0
}

const dayMs = 24 * 60 * 60_000
const ageMostDays = 2

/** A report knows no use after its night. `undefined`: it is recent. */
export function warnOfAge(date: string, now: Date): string | undefined {
  const days = Math.floor((now.getTime() - Date.parse(date)) / dayMs)
  if (days <= ageMostDays) return undefined
  return `the report of ${date} is ${days} days old: it does not know who used a credential since. Take the newest report, unless you want this one`
}

const row = z
  .object({
    account: z.string(),
    owner: z.string(),
    kind: z.string(),
    name: z.string(),
    'access key': z.string(),
    'last used': z.string(),
    'unused days': z.string(),
    'password last used': z.string(),
    'password unused days': z.string(),
  })
  .transform(
    (one): ReportLine => ({
      ...one,
      key: one['access key'],
      lastUsed: one['last used'],
      unusedDays: one['unused days'],
      passwordLastUsed: one['password last used'],
      passwordUnusedDays: one['password unused days'],
    }),
  )

async function readReport(objects: ObjectStore, date: string): Promise<readonly ReportLine[]> {
  const key = `${credentialReportsPrefix}${date}/credentials.csv`
  const found = z.iso.date().safeParse(date).success ? await objects.get(key) : undefined
  if (found === undefined)
    throw new Refusal(
      `received the date '${quote(date)}', expected one of a report: ${key} is not there. Reports: aws s3 ls s3://${objects.bucket}/${credentialReportsPrefix}`,
    )
  try {
    return parseReport(new TextDecoder().decode(found.body))
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    throw new Refusal(
      `${key} cannot be read: an older version wrote it, or it was changed. Take the report of another day`,
    )
  }
}

/** Throws ZodError. */
export function parseReport(text: string): readonly ReportLine[] {
  const [titles = [], ...rows] = parseOwnCsv(text)
  const named = rows.map((cells) => Object.fromEntries(titles.map((title, index) => [title, cells[index]])))
  return z.array(row).parse(named)
}

async function writeFiles(folder: string, files: readonly ProposedFile[]): Promise<void> {
  for (const path of renderFilePaths(files.map(({ key }) => key)).values()) {
    const place = join(folder, path)
    await mkdir(dirname(place), { recursive: true })
    await writeFile(place, '')
  }
}

export function renderProposal(
  { files, leftOut }: { readonly files: readonly ProposedFile[]; readonly leftOut: readonly LeftOut[] },
  {
    date,
    days,
    to,
    bucket,
  }: { readonly date: string; readonly days: number; readonly to?: string | undefined; readonly bucket: string },
): string {
  const next =
    to === undefined
      ? ['Nothing changes yet. To write the files into a folder: --to plan']
      : [
          `The files are in ${to}. Nothing changes yet: read them, and delete the files of credentials to keep. Then:`,
          `  aws s3 sync ${to}/${retirePrefix} s3://${bucket}/${retirePrefix}`,
        ]
  const all = [
    `${count(files.length, 'credential')} without known use for ${days} days, as of ${date}`,
    ...files.flatMap(({ key, what, days: unused, lastUsed }) => [
      `  ${what}: last used ${lastUsed}, ${count(unused, 'day')} unused`,
      `    ${key}`,
    ]),
    ...(leftOut.length > 0 ? ['', 'Left out:', ...leftOut.map(({ what, why }) => `  ${what}: ${why}`)] : []),
    '',
    ...(files.length > 0 ? next : ['There is nothing to retire.']),
  ]
  return all.map((line) => `${quote(line, 4000)}\n`).join('')
}
