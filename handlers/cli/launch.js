#!/usr/bin/env node
// What `npm link` and the package put on the path as `ssofile`. Plain JavaScript for any Node from 18 on, since the one on the
// path runs it: in a checkout it starts the command with the Node of the checkout, from whatever folder it is called. In the
// package (`npm pack`, infra/write-package.ts) the command is bundled, and runs in this process.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const wanted = 24
const checkout = fileURLToPath(new URL('../../', import.meta.url))
const command = fileURLToPath(new URL('./ssofile.ts', import.meta.url))
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/ssofile', import.meta.url))
const [present, minor] = process.versions.node.split('.').map(Number)
const node = findNode()
if (!existsSync(command)) {
  await runBundle()
} else if (node === undefined) {
  refuse(wanted, `npm ci in ${checkout}, which installs it there, beside your own`)
} else {
  start(node)
}

async function runBundle() {
  const isLocal = process.argv[2] === 'local'
  // It has styleText and hash, without which no command starts.
  if (present < 20 || (present === 20 && minor < 12)) return refuse('20.12', 'install it')
  if (present === 21 && minor < 7) return refuse('21.7', 'install it')
  if (isLocal && present < wanted) return refuse(wanted, 'install it for `local`; all other commands run with yours')
  // It says that later versions of it need a later Node. The one in the package stays.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  if (present < wanted) await import(new URL('../../dist/cli/older-node.js', import.meta.url))
  await import(new URL('../../dist/cli/ssofile.js', import.meta.url))
}

function refuse(expected, remedy) {
  process.stderr.write(
    `ssofile: received Node ${process.versions.node}, expected ${expected} or later; do: ${remedy}\n`,
  )
  process.exitCode = 2
}

/** The checkout's own Node first: it is the one that everything was tested with. `undefined`: there is none that is new enough. */
function findNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const own = fileURLToPath(new URL(`../../node_modules/node/bin/${name}`, import.meta.url))
  if (existsSync(own)) return own
  return present >= wanted ? process.execPath : undefined
}

function start(program) {
  // Compiling takes half of the start. A folder for all users, as Node's own default, could bring in the code of another.
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env }
  const child = spawn(program, [command, ...process.argv.slice(2)], { stdio: 'inherit', env })
  child.on('error', (error) => {
    process.stderr.write(`ssofile: ${program} could not be started: ${error.message}; do: npm ci in ${checkout}\n`)
    process.exitCode = 2
  })
  // A terminal sends Ctrl-C to both: the command decides when to end, and this waits for it.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const one of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(one)
    process.kill(process.pid, signal)
  })
}
