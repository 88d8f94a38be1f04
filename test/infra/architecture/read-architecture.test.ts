import { expect, test } from '@jest/globals'
import { drawArchitecture } from '../../../infra/architecture/draw-architecture.ts'
import { readArchitecture, templateSchema } from '../../../infra/architecture/read-architecture.ts'

const attribute = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })
const queue = (name: string, more: object = {}) => ({
  Type: 'AWS::SQS::Queue',
  Properties: { QueueName: name, ...more },
})
const allow = (Action: string | string[], Resource: unknown) => ({
  Type: 'AWS::IAM::Role',
  Properties: { Policies: [{ PolicyDocument: { Statement: [{ Effect: 'Allow', Action, Resource }] } }] },
})

function read(resources: object, others: Readonly<Record<string, object>> = {}) {
  const templates = Object.entries({ main: resources, ...others })
  return readArchitecture(
    Object.fromEntries(templates.map(([name, Resources]) => [name, templateSchema.parse({ Resources })])),
  )
}
const told = ({ parts, arrows }: ReturnType<typeof read>) => {
  const nameOf = (id: string) => parts.find((part) => part.id === id)?.name
  return arrows.map(({ from, kind, to }) => `${nameOf(from)} ${kind} ${nameOf(to)}`)
}

test('an API leads to the functions of its integrations, and these to the services that they may call', () => {
  const read1 = read({
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'main-api' } },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: { ApiId: { Ref: 'Api' }, IntegrationUri: { 'Fn::Join': ['', ['arn:', attribute('Handler')]] } },
    },
    Handler: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'main-handler', Role: attribute('Role') } },
    Role: allow(['organizations:ListAccounts', 'sso:ListInstances'], '*'),
  })
  expect(told(read1)).toEqual(['api delivers handler', 'handler calls Organizations'])
})

test('queues are named by ARN across stacks, drawn with their dead-letter queues, and as one where they are alike', () => {
  const dead = (name: string) => ({ RedrivePolicy: { deadLetterTargetArn: attribute(name), maxReceiveCount: 5 } })
  const found = read(
    {
      A: queue('main-a', dead('DeadA')),
      DeadA: queue('main-a-dead'),
      B: queue('main-b', dead('DeadB')),
      DeadB: queue('main-b-dead'),
    },
    {
      other: {
        Sender: {
          Type: 'AWS::Lambda::Function',
          Properties: { FunctionName: 'other-sender', Role: attribute('Role') },
        },
        Role: allow('sqs:SendMessage', ['arn:aws:sqs:eu-west-1:111122223333:main-a', 'arn:aws:sqs:eu-west-1:1:main-b']),
      },
    },
  )
  expect(told(found)).toEqual(['sender sends a\nb'])
  expect(found.parts.map(({ name, lines }) => [name, lines])).toEqual([
    ['a\nb', ['dead letters after 5 tries']],
    ['sender', []],
  ])
})

test('a name is drawn as it is, whatever it means in a drawing', async () => {
  const svg = await drawArchitecture(read({ A: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'a<b>&c' } } }))
  expect(svg).toContain('a&lt;b&gt;&amp;c')
})
