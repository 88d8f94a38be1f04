/** The style of pages without a script: a refused sign-in, and the choices of a local system. The bundled page has its own. */
export const plainStyle = `:root { color-scheme: light dark; }
body { max-width: 48rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 'Open Sans', system-ui, sans-serif; background: light-dark(#fff, #161d26); color: light-dark(#0f141a, #c6c6cd); }
h1 { font-size: 1.5rem; }
a { color: light-dark(#006ce0, #42b4ff); }
dt { font-weight: 700; }
dd { margin: 0 0 0.5rem; overflow-wrap: anywhere; }
[role="alert"] { padding: 0.75rem 1rem; border: 2px solid light-dark(#db0000, #ff7a7a); border-radius: 0.75rem; }
input, button { font: inherit; padding: 0.3rem 0.75rem; border: 1px solid light-dark(#656871, #8c8c94); border-radius: 0.5rem; }
li { overflow-wrap: anywhere; }
`

/** `body`: HTML. `style`: the element with the style above, as the policy of the server allows it. */
export function renderPlainPage(title: string, body: string, style = `<style>${plainStyle}</style>`): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
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
