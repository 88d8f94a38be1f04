import { writeFile } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { LocalSystem } from './local-system.ts'
import { checkout, listAwsClis, runProgram, ssofileCommand } from './run-program.ts'

const link = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const steps = [
  `link='${link}'`,
  `aws s3 cp --quiet fixtures/acme/permission_sets/Billing-ps.json s3://ssofile/permission_sets/`,
  `printf '' | aws s3 cp - "s3://ssofile/links_data/$link"   # grant`,
  'ssofile status "$link" --wait',
  'ssofile explain 233000000002 Billing-ps priya.raman@acme.example',
  'aws s3 rm --quiet "s3://ssofile/links_data/$link"         # revoke',
  'ssofile status "$link" --wait',
]
const [lineHeight, left, top, columns] = [19, 16, 30, 98]
const colours: Readonly<Record<string, string>> = { 32: '#3fb950', 33: '#d29922', 31: '#f85149' }

/** `npm run recording`: runs these lines on a local system, and draws what a terminal shows, line after line. */
const system = await LocalSystem.start()
try {
  const shown: { readonly text: string; readonly atSeconds: number }[] = []
  for (const [index, step] of steps.entries()) {
    const { exitCode, stdout, stderr } = await run(step)
    if (exitCode > 1) throw new Error(`${step}: exit code ${exitCode}: ${stderr}`)
    const printed = stdout
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
    shown.push({ text: `$ ${step}`, atSeconds: index * 2 })
    shown.push(...printed.map((text) => ({ text, atSeconds: index * 2 + 1 })))
  }
  await writeFile(`${checkout}docs/images/two-minutes.svg`, draw(shown))
} finally {
  await system.stop()
}

function run(step: string) {
  const aws = `aws() { '${listAwsClis()[0]}' --endpoint-url '${system.url}' "$@"; }`
  const ssofile = `ssofile() { '${process.execPath}' '${ssofileCommand}' "$@"; }`
  const env = { ...system.env('me'), SSOFILE_BUCKET: 'ssofile', FORCE_COLOR: '1', COLUMNS: String(columns) }
  return runProgram('bash', ['-c', `${aws}\n${ssofile}\n${steps[0]}\n${step}`], { env })
}

function draw(lines: readonly { readonly text: string; readonly atSeconds: number }[]): string {
  const [width, height] = [columns * 8 + 2 * left, top + lines.length * lineHeight]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="13" fill="#e6edf3">`,
    '<title>A link is uploaded, its access is in force and explained; the link is deleted, and the access is gone</title>',
    '<style>@media (prefers-reduced-motion: no-preference) { text { animation: show 0.1s backwards } @keyframes show { from { opacity: 0 } } }</style>',
    '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
    ...lines.map(({ text, atSeconds }, index) => {
      const fill = text.startsWith('$ ') ? ' fill="#79c0ff"' : ''
      return `<text x="${left}" y="${top + index * lineHeight}" xml:space="preserve" style="animation-delay:${atSeconds}s"${fill}>${colour(text)}</text>`
    }),
    '</svg>\n',
  ].join('\n')
}

/** The colours of states; everything else that a terminal understands is left out. */
function colour(text: string): string {
  const begin = String.fromCharCode(27)
  return text
    .split(new RegExp(`${begin}\\[(?=3[1-3]m)`))
    .map((part, index) => {
      const [coloured = '', ...rest] = index === 0 ? ['', part] : part.slice(3).split(`${begin}[39m`)
      const span = `<tspan fill="${colours[part.slice(0, 2)]}">${escapeXml(coloured)}</tspan>`
      return `${index === 0 ? '' : span}${escapeXml(rest.join(''))}`
    })
    .join('')
}

function escapeXml(text: string): string {
  const plain = stripVTControlCharacters(text)
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
