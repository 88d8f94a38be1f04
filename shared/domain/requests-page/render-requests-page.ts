import page from './page.json' with { type: 'json' }

const guards = [
  "connect-src 'self'",
  // For the empty icon: without it, browsers ask the server for one.
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
]

/** The page permits only its own script and style, by their hashes, and calls to its own server. */
export const requestsPagePolicy = renderPolicy(page.scriptHash, page.styleHash)

/** The policy of the hosted page. Its script and style are separate files, so it permits nothing inline. */
export const hostedPagePolicy = renderPolicy('self', 'self')
export const { script: hostedScript, style: hostedStyle } = page

/** The page of requests and approvals. It is the same for everybody: it loads all data after it is open. */
export function renderRequestsPage(): string {
  return renderInStyle('Temporary access', `${page.body}\n<script>${page.script}</script>`)
}

/** The page of requests with its script in a separate file. This page signs in by a provider. `body`: another page of the same look. */
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

function renderPolicy(script: string, style: string): string {
  return ["default-src 'none'", `script-src '${script}'`, `style-src '${style}'`, ...guards].join('; ')
}
