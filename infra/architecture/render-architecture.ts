import type { Template } from './read-architecture.ts'

/** docs/architecture.md: the diagram, how to read it, and what there is besides. */
export function renderArchitecture(templates: Readonly<Record<string, Template>>): string {
  const stacks = Object.entries(templates).map(([stack, { Resources }]) => {
    const counts = Map.groupBy(Object.values(Resources), ({ Type }) => Type)
    const listed = [...counts].map(([type, all]) => `${all.length} ${type.replace(/^AWS::/, '')}`).sort(byType)
    return `| \`${stack}\` | ${listed.join(', ')} |`
  })
  return `# Architecture

Drawn by \`npm run diagram\` from the CloudFormation templates of \`infra/environments/example.json\`; a test fails while it is not up to date. Click it to see it larger.

[![Stacks, functions, queues and what goes from where to where](architecture.svg)](architecture.svg)

| drawn | means |
| --- | --- |
| thick black arrow | what AWS delivers: S3's notifications, rules, schedules, queues to functions; from the work queues the dispatcher takes messages itself |
| blue arrow | a function may send to the queue |
| dashed arrow | a function may call the service; only the dispatcher may call more of IAM Identity Center than finding the instance |
| several names in one box | each is a resource of its own, with the same arrows |
| "dead letters after 5 tries" | the queue has a dead-letter queue, which is not drawn |
| "writes …" | the prefixes of the bucket that the function may put to and delete from |
| "alarms: 2" | alarms on the resource, and on its dead-letter queue; those at the dashboard are on what the code measures ([operations.md](operations.md)) |

Every right of every function: [permissions.md](permissions.md). How a message flows: [CONTRIBUTING.md](../CONTRIBUTING.md).

| stack | resources |
| --- | --- |
${stacks.join('\n')}
`
}

function byType(one: string, other: string): number {
  const [a = '', b = ''] = [one, other].map((text) => text.split(' ')[1])
  return a < b ? -1 : 1
}
