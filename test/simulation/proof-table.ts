import { kinds } from '../../shared/domain/inputs/kinds.ts'
import type { KindName, Part } from './kinds/part.ts'
import { type PartName, parts } from './kinds/parts.ts'
import { canonicalLives, hostileLives, livesOf, longLivesOf } from './lives.ts'
import { pastFaults } from './past-faults/past-faults.ts'
import { type Profile, profiles } from './profiles.ts'
import { sabotages } from './sabotages.ts'

/** The test of the decision on each kind: on all facts that it can tell apart, or on drawn ones. */
export const decisionTests: Readonly<Record<KindName, string>> = {
  link: 'decide-link',
  permissionSet: 'decide-permission-set',
  request: 'decide-request-every-fact',
  approval: 'decide-approval',
  eligibility: 'tell-files',
  selector: 'tell-files',
  policy: 'guarded-lives',
  policyTest: 'tell-files',
  suspension: 'decide-suspension',
  membership: 'decide-membership',
  group: 'decide-group',
  rule: 'decide-rule',
  person: 'person',
  attributes: 'decide-attributes',
  review: 'decide-review',
  decision: 'decide-decision',
  hygiene: 'tell-files',
  retirement: 'decide-retirement',
}

/** Every life of the part of links and permission sets that has no profile of a part of its own. */
const profilesOfCore: readonly (Profile | undefined)[] = [undefined, 'brake', 'hostile', 'losses']

const begin = '<!-- npm run proofs writes from here -->\n\n'
const end = '\n<!-- to here -->'

/** docs/proof.md with its table of what the simulation has of each kind. */
export function withProofTable(page: string): string {
  const [start, stop] = [page.indexOf(begin), page.indexOf(end)]
  if (start < 0 || stop < start) throw new Error(`docs/proof.md has no '${begin.trim()}' before '${end.trim()}'`)
  return page.slice(0, start + begin.length) + renderTable() + page.slice(stop)
}

function renderTable(): string {
  const heading = ['files', 'decision', 'contents', 'lives', 'deliberate defects', 'past faults found']
  const rows = Object.entries<Part>(parts).map(([name, part]) => renderPart(name as PartName, part))
  return `${[heading, heading.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

function renderPart(name: PartName, { kinds: lived }: Part): readonly string[] {
  const names = Object.keys(lived) as KindName[]
  const own = profiles.find((profile) => profile === name)
  const isOwn = (profile: Profile | undefined) => (name === 'core' ? profilesOfCore : [own]).includes(profile)
  const lives = name === 'core' ? [...canonicalLives, ...hostileLives] : [...livesOf(own), ...longLivesOf(own)]
  const faults = pastFaults.filter(({ profile }) => isOwn(profile))
  const contents = Object.values(lived).reduce((sum, { files: { valid, invalid } }) => {
    return sum + Object.keys(valid).length + Object.keys(invalid).length
  }, 0)
  return [
    names.map((kind) => `\`${kinds[kind].at}\``).join(' '),
    [...new Set(names.map((kind) => `\`${decisionTests[kind]}\``))].join(' '),
    String(contents),
    String(lives.length),
    String(sabotages.filter(({ profile }) => isOwn(profile)).length),
    faults.length === 0 ? '—' : `${faults.filter(({ isFound }) => isFound).length} of ${faults.length}`,
  ]
}
