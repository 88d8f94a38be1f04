import type { Command } from 'commander'
import { wholeNumber } from './arguments/options.ts'
import { Refusal } from './arguments/refusal.ts'
import { openPage } from './terminal/open-page.ts'

/** `ssofile browse`: serves the page of temporary access to the person who runs the command. */
export function addBrowse(program: Command): void {
  program
    .command('browse')
    .description(
      'Serves a page on this machine, for you alone: ask, approve, deny, finish. It calls the API, signed with your AWS credentials, which never reach the browser.\nOpen the printed address: it works once. Ctrl-C ends it.',
    )
    .option(
      '--api <url>',
      "the API: the stack's output ApiUrl; default: SSOFILE_API, else the local system of AWS_ENDPOINT_URL",
    )
    .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', wholeNumber(0, 65535), 0)
    .addHelpText(
      'after',
      '\nExamples:\n  AWS_PROFILE=me ssofile browse --api https://a1b2c3.execute-api.eu-west-1.amazonaws.com\n  SSOFILE_API=https://a1b2c3.execute-api.eu-west-1.amazonaws.com ssofile browse --port 8123',
    )
    .action(async ({ api: named, port }: { api?: string; port: number }) => {
      const address = findApi(named, process.env)
      const { url, close } = await openPage({ address, port })
      process.stdout.write(`Open this in your browser; it works once:\n  ${url}\nCtrl-C ends it.\n`)
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
      })
      close()
    })
}

/** The API's URL. Signed requests use HTTPS; only this machine may be called over HTTP. Throws Refusal. */
export function findApi(
  named: string | undefined,
  { SSOFILE_API: usual, AWS_ENDPOINT_URL: local }: NodeJS.ProcessEnv,
): URL {
  const text = named ?? usual ?? (local === undefined ? undefined : `${local.replace(/\/$/, '')}/api`)
  if (text === undefined)
    throw new Refusal(
      "received no address of the API, expected --api or SSOFILE_API with the stack's output ApiUrl\nWithout an API, use ssofile request and ssofile approve",
    )
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHere = url !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  const isPlain = url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (url && isPlain && (url.protocol === 'https:' || (isHere && url.protocol === 'http:'))) return url
  // The address may contain a password, so the message hides it.
  throw new Refusal(
    `received the API '${text.replace(/\/\/.*@/, '//…@')}', expected an address such as https://a1b2c3.execute-api.eu-west-1.amazonaws.com`,
  )
}
