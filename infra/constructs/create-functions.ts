import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { AssetHashType, DockerImage, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import type { FunctionEnvironment } from '../../handlers/entry/open-deployment.ts'
import { apiSettingsOf, configurationOf, type Environment } from '../../shared/domain/deployment/environment.ts'
import { type FunctionName, functionNames, functionSettings } from '../../shared/ports/deployment-settings.ts'
import { acknowledge } from '../acknowledge.ts'
import { definitionsOf } from '../break-glass/definitions-of.ts'
import { bundleCode, writeSettings } from '../bundle-function.ts'
import { permissionsOf } from '../function-permissions.ts'
import { functionPolicy, type PolicyContext, wildcardReasons } from '../function-policy.ts'
import { writersOf } from '../writers-of.ts'

type FunctionsProps = Omit<PolicyContext, 'logGroupArn'> & { readonly variables: Readonly<FunctionEnvironment> }
type Optional = 'api' | 'page' | 'credentials' | 'retire'
export type Functions = Readonly<
  Record<Exclude<FunctionName, Optional>, LambdaFunction> & { [name in Optional]?: LambdaFunction }
>

/** The functions of a deployment, each with a role of its own and the figures of the settings table. */
export function createFunctions(stack: Stack, props: FunctionsProps): Functions {
  const { functions: deployed } = props.names
  const [api, page] = (['api', 'page'] as const).map((name) =>
    deployed.includes(name) ? createFunction(stack, name, props) : undefined,
  )
  // The names in S3's notifications: AWS:<id of the role>:<name of the session>.
  const known = {
    ...(api?.role instanceof Role ? { SSOFILE_API_PRINCIPAL: `AWS:${api.role.roleId}` } : {}),
    ...(page?.role instanceof Role ? { SSOFILE_PAGE_PRINCIPAL: `AWS:${page.role.roleId}` } : {}),
  }
  const functions = deployed
    .filter((name) => name !== 'api' && name !== 'page')
    .map((name) => {
      const variables = {
        ...props.variables,
        ...(name === 'router' ? known : {}),
        ...(name === 'events' ? { SSOFILE_DISPATCHER_ROLE: props.names.roleArn('dispatcher') } : {}),
      }
      return [name, createFunction(stack, name, { ...props, variables })] as const
    })
  tellSenders(functions)
  const created = Object.fromEntries(functions) as Record<Exclude<FunctionName, Optional>, LambdaFunction>
  return { ...created, ...(api === undefined ? {} : { api }), ...(page === undefined ? {} : { page }) }
}

/** The functions that believe a message only from some senders. */
const believing: readonly FunctionName[] = ['links', 'permission-sets', 'requests', 'digests', 'redrive']

/** SQS names a sender by the id of its role, which exists only after the deployment. */
function tellSenders(functions: readonly (readonly [FunctionName, LambdaFunction])[]): void {
  const ids = functions.flatMap(([name, { role }]) =>
    role instanceof Role && permissionsOf(name).send?.length ? [[name, role.roleId] as const] : [],
  )
  for (const [name, one] of functions)
    if (believing.includes(name))
      one.addEnvironment('SSOFILE_SENDERS', Stack.of(one).toJsonString(Object.fromEntries(ids)))
}

/** The existing functions, in the order of the settings table. */
export function listFunctions(functions: Functions): readonly (readonly [FunctionName, LambdaFunction])[] {
  return functionNames.flatMap((name) => {
    const found = functions[name]
    return found === undefined ? [] : [[name, found] as const]
  })
}

function createFunction(stack: Stack, name: FunctionName, props: FunctionsProps): LambdaFunction {
  const { environment, names, variables } = props
  const { timeoutSeconds, memoryMb, reservedConcurrency, asynchronous, allowsRecursion } = functionSettings[name]
  const functionName = names.function(name)
  // CloudFormation chooses the name: a retained group must not block the next deployment.
  const logGroup = new LogGroup(stack, `Logs-${name}`, {
    retention: environment.logRetentionDays,
    removalPolicy: RemovalPolicy.RETAIN,
  })
  const calls = functionPolicy(name, { ...props, logGroupArn: logGroup.logGroupArn })
  const role = new Role(stack, `Role-${name}`, {
    roleName: functionName,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { calls },
  })
  for (const [resource, reason] of wildcardReasons(calls))
    acknowledge(role, { [`AwsSolutions-IAM5[Resource::${resource}]`]: reason })
  return new LambdaFunction(stack, `Function-${name}`, {
    functionName,
    role,
    logGroup,
    // Log queries use fields; this setting gives them to Lambda's own lines too.
    loggingFormat: LoggingFormat.JSON,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: bundled(name, environment),
    timeout: Duration.seconds(timeoutSeconds),
    memorySize: memoryMb,
    environment: { ...variables },
    reservedConcurrentExecutions: reservedConcurrency,
    ...(allowsRecursion === true ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
    ...(asynchronous === undefined
      ? {}
      : { retryAttempts: asynchronous.retries, maxEventAge: Duration.seconds(asynchronous.eventAgeSeconds) }),
  })
}

const code: { directory?: string } = {}

/** Bundles the code of all functions when the first one needs it, so that esbuild reads shared code once. */
function allCode(): string {
  if (code.directory !== undefined) return code.directory
  const directory = mkdtempSync(join(tmpdir(), 'ssofile-code-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  bundleCode(directory)
  code.directory = directory
  return directory
}

/** The bundle that the tests measure. Not NodejsFunction, which runs esbuild by a shell and has no place for the configuration. */
function bundled(name: FunctionName, environment: Environment): Code {
  return Code.fromAsset(fileURLToPath(new URL('../../handlers/entry', import.meta.url)), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('unused'),
      // Never runs. It distinguishes the functions: the CDK bundles equal inputs only once.
      command: [name],
      local: {
        tryBundle(directory: string) {
          const definitions = definitionsOf(environment.managementAccount)
          const { page } = environment
          const [settings, api] = [configurationOf(environment), apiSettingsOf(environment)]
          cpSync(join(allCode(), name), directory, { recursive: true })
          writeSettings(name, settings, directory, api, definitions, page, writersOf(environment))
          return true
        },
      },
    },
  })
}
