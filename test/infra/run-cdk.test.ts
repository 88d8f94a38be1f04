import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { testInDepth } from '../depth.ts'

const script = fileURLToPath(new URL('../../infra/run-cdk.ts', import.meta.url))

/** Standard error of a run that is refused with exit code 2. */
async function refusalOf(...args: readonly string[]): Promise<string> {
  const ended: unknown = await promisify(execFile)(process.execPath, [script, ...args]).catch((error: unknown) => error)
  expect(ended).toMatchObject({ code: 2 })
  return typeof ended === 'object' && ended !== null && 'stderr' in ended ? String(ended.stderr) : ''
}

testInDepth('a deployment asks for its environment, and says how it is named', async () => {
  expect(await refusalOf('synth')).toMatch(/expected --environment NAME.* npm run synth -- --environment production\n$/)
  expect(await refusalOf('deploy')).toBe(
    'expected --environment NAME, a file infra/environments/NAME.json; such as: npm run deploy -- --environment production\n',
  )
})

test('an environment that there is not, or a faulty one, is refused before the CDK starts', async () => {
  expect(await refusalOf('deploy', '--environment', 'nowhere')).toMatch(/environments\/nowhere\.json cannot be read/)
  const faulty = fileURLToPath(new URL('../../schemas/environment.schema.json', import.meta.url))
  expect(await refusalOf('destroy', '--environment', faulty)).toMatch(/is not a valid environment:\n.*unknown field/)
})

testInDepth('an unknown option is refused', async () => {
  expect(await refusalOf('deploy', '--enviroment', 'example')).toMatch(/Unknown option '--enviroment'/)
})
