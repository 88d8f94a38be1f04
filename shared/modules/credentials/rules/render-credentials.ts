import { escapeHtml } from '../../../domain/text/escape-html.ts'
import { renderCsv, renderTable, type TableColumn } from '../../../domain/text/render-csv.ts'
import page from '../../access-page/rules/page.json' with { type: 'json' }
import { renderPageHead } from '../../access-page/rules/page-head.ts'
import { type CredentialRow, type Urgency, urgencies, urgencyOf } from './credential-row.ts'

const columns: readonly TableColumn<CredentialRow>[] = [
  { title: 'account', text: ({ account }) => account },
  { title: 'account name', text: ({ accountName }) => accountName },
  { title: 'owner', text: ({ owner }) => owner },
  { title: 'kind', text: ({ kind }) => kind },
  { title: 'name', text: ({ name }) => name },
  { title: 'access key', text: ({ key = '' }) => key },
  { title: 'made', text: ({ madeAt = '' }) => madeAt },
  { title: 'last used', text: ({ madeAt, lastUsedAt }) => lastUsedAt ?? (madeAt === undefined ? '' : 'never') },
  { title: 'by service', text: ({ service = '' }) => service },
  { title: 'in Region', text: ({ region = '' }) => region },
  { title: 'unused days', text: ({ unusedDays = '' }) => String(unusedDays) },
  {
    title: 'password last used',
    text: (row) => row.passwordLastUsedAt ?? (row.passwordUnusedDays === undefined ? '' : 'never'),
  },
  { title: 'password unused days', text: ({ passwordUnusedDays = '' }) => String(passwordUnusedDays) },
  { title: 'MFA', text: ({ hasMfa }) => yesOrNo(hasMfa) },
  { title: 'active', text: ({ isActive }) => yesOrNo(isActive) },
  { title: 'detail', text: ({ detail = '' }) => detail },
  { title: 'IAM Access Analyzer', text: ({ analyzer = [] }) => analyzer.join(' ') },
  { title: 'urgency', text: (row) => urgencyOf(row) ?? '' },
  { title: 'findings', text: ({ findings }) => findings.map(({ kind }) => kind).join(' ') },
  { title: 'what is found', text: toldOf },
  { title: 'what to do', text: remedyOf },
  { title: 'exception', text: ({ exception = '' }) => exception },
  { title: 'as of', text: ({ asOf }) => asOf },
]
export const credentialCsvTitles = renderTable(columns, [])

export function renderCredentialRow(row: CredentialRow): string {
  return renderCsv([columns.map(({ text }) => text(row))])
}

function yesOrNo(value: boolean | undefined): string {
  return value === undefined ? '' : value ? 'yes' : 'no'
}

/** A credential in words: `user ci in shop (200000000001)`. */
export function describeThing({ kind, name, key, account, accountName }: CredentialRow): string {
  const where = `${accountName} (${account})`
  if (kind === 'account') return `account ${where}`
  if (kind === 'key') return `key ${key} of user ${name} in ${where}`
  return `${kind === 'root' ? 'root user' : kind === 'password policy' ? kind : `${kind} ${name}`} in ${where}`
}

export function toldOf({ findings }: CredentialRow): string {
  return findings.map(({ told }) => told).join('; ')
}

export function remedyOf({ findings }: CredentialRow): string {
  return [...new Set(findings.map(({ remedy }) => remedy))].join('; ')
}

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
