import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { isShallow } from '../depth.ts'
import { readText } from '../house/source-files.ts'

type Resource = { readonly type: string; readonly properties: object }

/** Which of these are refused; with the flags of this project. In one process of its own: the CDK keeps what it loads. */
async function areRefused(resources: readonly Resource[]): Promise<readonly boolean[]> {
  const outdir = await mkdtemp(join(tmpdir(), 'ssofile-validation-'))
  const { context } = JSON.parse(readText('cdk.json'))
  const script = `import { App, CfnResource, Stack } from 'aws-cdk-lib/core'
    const isRefused = (resource) => {
      const app = new App(${JSON.stringify({ analyticsReporting: false, outdir, context })})
      new CfnResource(new Stack(app, 'stack'), 'Resource', resource)
      try { app.synth() } catch (error) { return /validation/i.test(error.message) }
      return false
    }
    console.log(JSON.stringify(${JSON.stringify(resources)}.map(isRefused)))`
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    return JSON.parse(stdout)
  } finally {
    await rm(outdir, { recursive: true })
  }
}

// As templates are: only where CI looks deep does the CDK's validation read its rules.
const testWithValidation = isShallow ? test.skip : test
testWithValidation(
  'a template is not made with a property, a value or a type that CloudFormation does not know',
  async () => {
    const queue = (properties: object) => ({ type: 'AWS::SQS::Queue', properties })
    const wrong = [
      queue({ Nonsense: 1 }),
      queue({ VisibilityTimeout: 'long' }),
      { type: 'AWS::SQS::Nonsense', properties: {} },
    ]
    expect(await areRefused([queue({ VisibilityTimeout: 30 }), ...wrong])).toEqual([false, true, true, true])
  },
  120_000,
)
