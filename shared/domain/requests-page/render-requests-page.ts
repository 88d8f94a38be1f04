import page from './page.json' with { type: 'json' }

/** The page allows its own script and style by their hashes, calls who served it, and nothing else. */
export const requestsPagePolicy = [
  "default-src 'none'",
  `script-src '${page.scriptHash}'`,
  `style-src '${page.styleHash}'`,
  "connect-src 'self'",
  // The empty icon, without which browsers ask the server for one.
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** The page of requests and approvals. It is the same for everybody: all that it shows it asks for, once it is open. */
export function renderRequestsPage(): string {
  return renderInStyle('Temporary access', `${page.body}\n<script>${page.script}</script>`)
}

/** A whole document that looks like the page of requests. `title`, `body`: HTML. */
export function renderInStyle(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${page.style}</style>
</head>
<body>
${body}
</body>
</html>
`
}
