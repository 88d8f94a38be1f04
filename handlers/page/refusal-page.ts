import { escapeHtml } from '../../shared/domain/text/escape-html.ts'
import { renderPlainPage } from './plain-page.ts'

export type Fault = { readonly received: string; readonly expected: string; readonly remedy: string }

/** A page without a script, for a person whose sign-in failed. */
export function renderRefusal({ received, expected, remedy }: Fault): string {
  const row = (label: string, text: string) => `<div><dt>${label}</dt><dd>${escapeHtml(text)}</dd></div>`
  return renderPlainPage(
    'Sign-in',
    `<header><h1>You are not signed in</h1></header>
<main><div id="faults" role="alert"><dl>${row('Received', received)}${row('Expected', expected)}${row('What to do', remedy)}</dl></div>
<p><a href="/sign-in">Sign in again</a></p></main>`,
    '<link rel="stylesheet" href="/plain.css">',
  )
}
