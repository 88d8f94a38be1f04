import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readText } from '../house/source-files.ts'
import { LocalSystem } from './local-system.ts'
import { listAwsClis, runProgram, ssofileCommand } from './run-program.ts'
import { signIn } from './sign-in.ts'
import { until } from './until.ts'

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start()
})
afterAll(() => system.stop())

/** The blocks of a page, or of one section of it, that a person copies. */
function blocksOf(page: string, section?: string): readonly string[] {
  const text = readText(page)
  const part = section === undefined ? text : (text.split(/^## /m).find((one) => one.startsWith(`${section}\n`)) ?? '')
  return [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
}

/** Runs lines of a page as they stand there, in the checkout; the first one that fails ends it. */
function runLines(lines: string, as = 'me') {
  const aws = `'${listAwsClis()[0]}' --endpoint-url '${system.url}'`
  const text = `set -euo pipefail
    aws() { ${aws} "$@"; }
    ssofile() { '${process.execPath}' '${ssofileCommand}' "$@" < /dev/null; }
    ${lines}`
  return runProgram('bash', ['-c', text], { env: { ...system.env(as), SSOFILE_BUCKET: 'ssofile' } })
}

type HttpRequest = { readonly name?: string | undefined; readonly method: string; readonly url: string } & {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

// First: it makes what must not be there yet.
test('each request of docs/api.http is accepted, from the first to the last', async () => {
  const { variables, requests } = parseHttpFile(readText('docs/api.http'))
  const answers: Record<string, unknown> = {}
  const fill = (text: string): string =>
    text.replaceAll(/\{\{([^}]+)\}\}/g, (_, name: string) => {
      const variable = name === 'local' ? system.url : variables[name]
      return variable === undefined ? valueAt(answers, name) : fill(variable)
    })
  expect(requests.length).toBeGreaterThan(20)
  for (const request of requests) {
    const { method, url, headers, body, name } = request
    let last = ''
    // A person presses the button again where what came before is not in force yet.
    await until(
      `an answer of 2xx to ${method} ${url}`,
      async () => {
        const filled = Object.entries(headers).map(([header, value]) => [header, signedAs(fill(value))] as const)
        const sent = {
          method,
          headers: Object.fromEntries(filled),
          ...(body === undefined ? {} : { body: fill(body) }),
        }
        const answered = await fetch(fill(url), sent)
        last = `${answered.status} ${await answered.text()}`
        if (!answered.ok) return undefined
        if (name !== undefined) answers[name] = { response: { body: JSON.parse(last.slice(4)) } }
        return name === 'waiting' && !last.includes('"digest"') ? undefined : true
      },
      { tell: () => last },
    )
  }
})

test('what README.md has one copy in two minutes grants, shows and revokes', async () => {
  const [start = '', ...blocks] = blocksOf('README.md', 'Two minutes')
  expect(start.trim()).toBe('npm ci && npm start')
  expect(blocks).toHaveLength(3)
  const [grant = '', look = '', revoke = ''] = blocks
  // The first lines say where the local system is; here it is on another port, and both commands are functions.
  const lines = grant.split('\n').filter((line) => !/^(export AWS_|alias )/.test(line))
  const { exitCode, stdout, stderr } = await runLines([...lines, look, revoke].join('\n'))
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  expect(stdout).toContain('state     applied (in force)')
  expect(stdout).toMatch(/"PrincipalType": "GROUP"/)
  expect(stdout).toMatch(/access\/account%233000000002%Billing-ps%team-Accountants%GROUP%ours/)
  expect(stdout).toMatch(/history\/.*revoked/)
})

test('what docs/approvers.md has an approver copy shows the request, grants it and takes it back', async () => {
  const [kenji, maria] = ['kenji.ito@acme.example', 'maria.alvarez@acme.example'] as const
  const own = [kenji, maria].map((user) => `links_data/account%233000000001%Billing-ps%${user}%USER%ssofile`)
  await system.upload('permission_sets/Billing-ps.json', readText('fixtures/acme/permission_sets/Billing-ps.json'))
  await system.uploadAll(own)
  await system.untilStatuses(own, 'applied')
  const eligibility = {
    for: { users: [kenji] },
    permissionSets: ['ViewOnlyAccess'],
    scopes: ['account%233000000001'],
    longest: 'PT8H',
    approvers: { users: [maria] },
  }
  await system.upload('eligibility/view.json', JSON.stringify(eligibility), 'governance')
  const signInAs = (user: string) => signIn(system, { user, permissionSet: 'Billing-ps', account: '233000000001' })
  const { accessKeyId: asKenji, userId } = await signInAs(kenji)
  const { accessKeyId: asMaria } = await signInAs(maria)
  const asked = await system.ssofile(['request', 'account%233000000001%ViewOnlyAccess', '--for', '1h'], asKenji)
  expect(asked).toMatchObject({ exitCode: 0 })
  const request = `requests/${userId}/account%233000000001%ViewOnlyAccess%${kenji}%USER%ssofile`
  const { request: told } = await system.untilStatus(request, 'waiting')
  const [, inTerminal = ''] = blocksOf('docs/approvers.md')
  const [setting, ...typed] = inTerminal.trim().split('\n')
  expect(setting).toMatch(/^export AWS_PROFILE=/)
  const [list, approve, deny, ...others] = typed.map((line) =>
    line.replace('4f1c2a9d5b7e08364f1c2a9d5b7e0836', told?.digest ?? '').replace(/(approve|deny) /, '$1 --yes '),
  )
  expect(others).toEqual([])
  expect(await runLines(list ?? '', asMaria)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(kenji) })
  expect(await runLines(approve ?? '', asMaria)).toMatchObject({ exitCode: 0 })
  await system.untilStatus(request, 'applied')
  await runLines(deny ?? '', asMaria)
  await until('the end of the access', async () =>
    (await system.status(request))?.state === 'applied' ? undefined : true,
  )
})

test('the files of fixtures/acme can be synced, and each means people, accounts and permission sets of its organization', async () => {
  const sync = ['permission_sets', 'links_data'].map((name) => `aws s3 sync fixtures/acme/${name} s3://ssofile/${name}`)
  expect(await runLines(sync.join('\n'))).toMatchObject({ exitCode: 0 })
  const names = readText('fixtures/organizations/acme-links.txt').trimEnd().split('\n')
  const links = names.filter((name) => !name.includes('/')).map((name) => `links_data/${name}`)
  expect(links.length).toBeGreaterThan(10)
  expect(await system.keys('links_data/')).toEqual(expect.arrayContaining(links))
  let states: Readonly<Record<string, string | undefined>> = {}
  await until(
    'a status of each link, in force or on its way',
    async () => {
      const told = await Promise.all(links.map(async (link) => [link, (await system.status(link))?.state] as const))
      states = Object.fromEntries(told)
      // In one unit there is no account: its link waits for one.
      const isFine = ([link, state]: readonly [string, string | undefined]) =>
        state === 'applied' || state === 'applying' || (link.includes('ou-acme-mna2next') && state === 'waiting')
      return told.every(isFine) ? true : undefined
    },
    { tell: () => JSON.stringify(states) },
  )
})

/** The format of VS Code's REST Client: requests between lines of `###`, variables as `@name = value`. */
function parseHttpFile(text: string) {
  const [head = '', ...parts] = text.split(/^###.*$/m)
  const variables = Object.fromEntries(
    [...head.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name = '', value = '']) => [name, value] as const),
  )
  const requests = parts.map((part): HttpRequest => {
    const name = /^# @name (\w+)$/m.exec(part)?.[1]
    const [lines = '', body] = part
      .replaceAll(/^#.*\n/gm, '')
      .trim()
      .split('\n\n')
    const [line = '', ...headers] = lines.split('\n')
    const [method = '', url = ''] = line.split(' ')
    const pairs = headers.map((header) => header.split(/: (.*)/s).slice(0, 2))
    return { name, method, url, headers: Object.fromEntries(pairs), body }
  })
  return { variables, requests }
}

/** What REST Client makes of `AWS <id> <secret> region:… service:…`: Signature Version 4. The local system checks no signature. */
function signedAs(value: string): string {
  const [, id, region, service] = /^AWS (\S+) \S+ region:(\S+) service:(\S+)$/.exec(value) ?? []
  if (id === undefined) return value
  return `AWS4-HMAC-SHA256 Credential=${id}/20260303/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`
}

/** Such as `waiting.response.body.requests[0].status.request.digest`. */
function valueAt(answers: unknown, path: string): string {
  const found = path.split(/[.[\]]+/).reduce<unknown>((value, name) => Object(value)[name], answers)
  if (typeof found !== 'string') throw new Error(`docs/api.http: there is no {{${path}}}`)
  return found
}
