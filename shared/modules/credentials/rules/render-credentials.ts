import { escapeHtml } from '../../../domain/text/escape-html.ts'
import { renderCsv } from '../../../domain/text/render-csv.ts'
import page from '../../access-page/rules/page.json' with { type: 'json' }
import { renderPageHead } from '../../access-page/rules/page-head.ts'
import { type CredentialRow, type Urgency, urgencies, urgencyOf } from './credential-row.ts'

const titles = [
  'account',
  'account name',
  'owner',
  'kind',
  'name',
  'access key',
  'made',
  'last used',
  'by service',
  'in Region',
  'unused days',
  'password last used',
  'password unused days',
  'MFA',
  'active',
  'detail',
  'IAM Access Analyzer',
  'urgency',
  'findings',
  'what is found',
  'what to do',
  'exception',
  'as of',
]
export const credentialCsvTitles = renderCsv([titles])

export function renderCredentialRow(row: CredentialRow): string {
  const number = (value: number | undefined) => (value === undefined ? '' : String(value))
  const said = (value: boolean | undefined) => (value === undefined ? '' : value ? 'yes' : 'no')
  return renderCsv([
    [
      row.account,
      row.accountName,
      row.owner,
      row.kind,
      row.name,
      row.key ?? '',
      row.madeAt ?? '',
      row.lastUsedAt ?? (row.madeAt === undefined ? '' : 'never'),
      row.service ?? '',
      row.region ?? '',
      number(row.unusedDays),
      row.passwordLastUsedAt ?? (row.passwordUnusedDays === undefined ? '' : 'never'),
      number(row.passwordUnusedDays),
      said(row.hasMfa),
      said(row.isActive),
      row.detail ?? '',
      (row.analyzer ?? []).join(' '),
      urgencyOf(row) ?? '',
      row.findings.map(({ kind }) => kind).join(' '),
      toldOf(row),
      remedyOf(row),
      row.exception ?? '',
      row.asOf,
    ],
  ])
}

/** A credential in words: `user ci in shop (200000000001)`. */
export function describeThing({ kind, name, key, account, accountName }: CredentialRow): string {
  const where = `${accountName} (${account})`
  if (kind === 'account') return `account ${where}`
  if (kind === 'key') return `key ${key} of user ${name} in ${where}`
  return `${kind === 'root' ? 'root user' : kind === 'password policy' ? kind : `${kind} ${name}`} in ${where}`
}

export const toldOf = ({ findings }: CredentialRow): string => findings.map(({ told }) => told).join('; ')
export const remedyOf = ({ findings }: CredentialRow): string =>
  [...new Set(findings.map(({ remedy }) => remedy))].join('; ')

type CredentialPage = {
  readonly madeAt: string
  readonly facts: readonly string[]
  readonly urgent: Readonly<Record<Urgency, number>>
  readonly top: readonly CredentialRow[]
  readonly notes: readonly string[]
}

const headings: Readonly<Record<Urgency, string>> = {
  now: 'Now: one password, one key or none at all is enough to get in',
  soon: 'Soon: unused, old, or not readable',
  later: 'Later: fewer credentials to look after',
}

const contentSecurityPolicy = `default-src 'none'; style-src '${page.styleHash}'; img-src data:; base-uri 'none'; form-action 'none'`

/** One HTML file that loads nothing, sends nothing and has no script. It lists the findings that need somebody, the most urgent first. */
export function renderCredentialPage({ madeAt, facts, urgent, top, notes }: CredentialPage): string {
  const list = (items: readonly string[]) => `<ul>${items.map((one) => `<li>${escapeHtml(one)}</li>`).join('')}</ul>`
  const parts = urgencies.map((urgency) => {
    const rows = top.filter((row) => urgencyOf(row) === urgency)
    if (urgent[urgency] === 0) return ''
    const more = urgent[urgency] - rows.length
    return `<h2>${urgent[urgency]} × ${headings[urgency]}</h2>
<ol>
${rows.map(renderRow).join('\n')}
</ol>${more > 0 ? `<p>and ${more} more in credentials.csv</p>` : ''}`
  })
  return `${renderPageHead(`Credentials, as of ${madeAt}`, contentSecurityPolicy)}
<body>
<header><h1>Credentials, as of ${escapeHtml(madeAt.slice(0, 16).replace('T', ' '))} UTC</h1></header>
<main>
${list(facts)}
${parts.every((part) => part === '') ? '<p>Nothing to do.</p>' : parts.join('\n')}
${notes.length === 0 ? '' : `<h2>Notes</h2>${list(notes)}`}
<p>credentials.csv beside this page lists every user and key, also those without findings.</p>
</main>
</body>
</html>
`
}

/** A list, because it wraps. A table in the page's style would cut the remedies. */
function renderRow(row: CredentialRow): string {
  const owner = row.owner === '' ? 'nobody is named' : row.owner
  const [thing, told, remedy, whose] = [describeThing(row), toldOf(row), remedyOf(row), owner].map(escapeHtml)
  const analyzer = row.analyzer === undefined ? '' : ` IAM Access Analyzer: ${escapeHtml(row.analyzer.join(', '))}.`
  return `<li><strong>${thing}</strong>: ${told}.<br>What to do: ${remedy}. Owner: ${whose}.${analyzer}</li>`
}
