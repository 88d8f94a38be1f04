import { parseRuleKey, type Rule, rulesMost } from '../../domain/files/rule-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { Parsed } from '../../domain/statuses/complaint.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { ParsedFiles } from '../../reconcile/records/parsed-files.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'

/** One rule as its file is now. `undefined`: there is no file. A file that S3 does not return has a complaint. */
export async function readRule(objects: ReadingObjects, key: string): Promise<Parsed<Rule> | undefined> {
  return (await readRuleFile(objects, key))?.file
}

export function readRuleFile(objects: ReadingObjects, key: string) {
  return readParsedInput(objects, key, kinds.rule)
}

/** All rules by their groups. Each call lists them again, and reads the changed ones. */
export class RuleFiles {
  readonly #files: ParsedFiles<Rule>

  constructor(objects: ObjectStore) {
    const format = { ...kinds.rule, isKey: (key: string) => parseRuleKey(key).ok }
    this.#files = new ParsedFiles(objects, format, { filesMost: rulesMost })
  }

  /** Only the valid rules. */
  async read(): Promise<ReadonlyMap<PrincipalName, Rule>> {
    return new Map([...(await this.readAll())].flatMap(([group, rule]) => (rule.ok ? [[group, rule.value]] : [])))
  }

  async readAll(): Promise<ReadonlyMap<PrincipalName, Parsed<Rule>>> {
    const rules = new Map<PrincipalName, Parsed<Rule>>()
    for (const { key, file } of (await this.#files.read()).files) {
      const group = parseRuleKey(key)
      if (group.ok) rules.set(group.value, file)
    }
    return rules
  }
}
