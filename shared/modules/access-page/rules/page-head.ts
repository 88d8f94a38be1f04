import { escapeHtml } from '../../../domain/text/escape-html.ts'
import page from './page.json' with { type: 'json' }

/** The beginning of an HTML file that a browser opens without a server. It loads nothing. Its security policy says what it may do. */
export function renderPageHead(title: string, contentSecurityPolicy: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${page.style}</style>
</head>`
}
