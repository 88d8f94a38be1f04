import type { Command } from 'commander'
import { policyTestPrefix, rulesOf } from '../../../shared/domain/guardrails/policy-file.ts'
import { type PolicyTestResult, runPolicyTest } from '../../../shared/domain/guardrails/policy-test.ts'
import { quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { Refusal } from '../arguments/refusal.ts'
import { paint } from '../terminal/paint.ts'
import { renderJson } from '../terminal/render-json.ts'
import { readGuardrails, readPolicyTests } from './read-guardrails.ts'

/** `ssofile policies test`: runs the tests of policies. */
export function addPolicies(program: Command): void {
  const policies = program
    .command('policies')
    .description('Policies under policies/ are rules for links and permission sets: docs/guardrails.md.')
  policies
    .command('test')
    .argument('<folder|s3://bucket>', 'a folder with policies/ in it, or a bucket')
    .summary('run the tests under policies/tests/')
    .description(
      'Judges the input of each test under policies/tests/ by the policies beside it, and compares the verdict with the expected one. Exit code 1: a test failed, or a file is not valid; 2: there is no test.',
    )
    .option('--json', 'the results as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile policies test ./governance\n  ssofile policies test s3://ssofile --json',
    )
    .action(async (source: string, { json }: { readonly json?: boolean }) => {
      const tested = await testPolicies(source)
      process.stdout.write(json ? renderJson(tested) : render(tested))
      process.exitCode = tested.passed ? 0 : 1
    })
}

async function testPolicies(source: string) {
  const guardrails = await readGuardrails(source)
  const files = await readPolicyTests(source)
  const invalid = files.flatMap(({ tests }) => (tests.ok ? [] : [tests.complaint]))
  const results = files.flatMap(({ key, tests }) =>
    tests.ok ? tests.value.map((test) => ({ file: key, ...runPolicyTest(test, guardrails) })) : [],
  )
  const tried = new Set(results.flatMap(({ rules }) => rules))
  const rules = guardrails.policies.flatMap((policy) => rulesOf(policy).map(({ id }) => `${policy.key}#${id}`))
  const notValid = [...guardrails.broken, ...invalid].map(renderComplaint)
  // A check that found nothing to check has not passed.
  if (results.length === 0 && notValid.length === 0)
    throw new Refusal(
      `received '${quote(source, 1024)}' without a test under ${policyTestPrefix}, expected at least one; name the folder that contains policies/, or write a test (docs/guardrails.md)`,
    )
  return {
    passed: notValid.length === 0 && results.every(({ failure }) => failure === undefined),
    policies: guardrails.policies.length,
    rules: rules.length,
    notValid,
    results,
    untested: rules.filter((rule) => !tried.has(rule)),
  }
}

function render({ policies, rules, notValid, results, untested }: Awaited<ReturnType<typeof testPolicies>>): string {
  const failed = results.filter(({ failure }) => failure !== undefined)
  const lines = [
    ...notValid.map((complaint) => `${paint('bad', 'not valid')}  ${complaint}`),
    ...results.map(renderResult),
    ...untested.map((rule) => `${paint('pending', 'no test')}  has the rule ${quote(rule)} object`),
    `${count(results.length, 'test')} of ${count(rules, 'rule')} in ${policies === 1 ? '1 policy' : `${policies} policies`}: ${failed.length === 0 && notValid.length === 0 ? paint('good', 'all pass') : paint('bad', `${failed.length} failed`)}`,
  ]
  return `${lines.join('\n')}\n`
}

function renderResult({ file, title, failure }: PolicyTestResult & { readonly file: string }): string {
  const told = `${quote(title, 300)} (${quote(file)})`
  return failure === undefined
    ? `${paint('good', 'pass')}  ${told}`
    : `${paint('bad', 'FAIL')}  ${told}: ${quote(failure, 1000)}`
}
