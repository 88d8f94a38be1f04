import page from './page.json' with { type: 'json' }

const guards = [
  "default-src 'none'",
  "connect-src 'self'",
  // The empty icon, without which browsers ask the server for one.
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
]

/** The page allows its own script and style by their hashes, calls who served it, and nothing else. */
export const requestsPagePolicy = [`script-src '${page.scriptHash}'`, `style-src '${page.styleHash}'`, ...guards].join(
  '; ',
)

/** The same where it is hosted: script and style are files of their own, and nothing stands in the page. */
export const hostedPagePolicy = ["script-src 'self'", "style-src 'self'", ...guards].join('; ')
export const { script: hostedScript, style: hostedStyle } = page

/** The page of requests and approvals. It is the same for everybody: all that it shows it asks for, once it is open. */
export function renderRequestsPage(): string {
  return renderInStyle('Temporary access', `${page.body}\n<script>${page.script}</script>`)
}

/** The same page with its script beside it, which then signs in by a provider. `body`: another page of the same look. */
export function renderHostedPage(title = 'Access', body = `${page.body}\n<script src="/page.js"></script>`): string {
  return renderDocument(title, '<link rel="stylesheet" href="/page.css">', body)
}

/** A whole document that looks like the page of requests. `title`, `body`: HTML. */
export function renderInStyle(title: string, body: string): string {
  return renderDocument(title, `<style>${page.style}</style>`, body)
}

function renderDocument(title: string, style: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
${style}
</head>
<body>
${body}
</body>
</html>
`
}
