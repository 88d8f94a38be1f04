import { type Choose, everyChoice } from './every-choice.ts'

type AnyStep = { readonly do: string }

/** What holds of each step of these kinds, whatever the facts are that lead to it. */
export type Rule<Step extends AnyStep, Facts> = {
  readonly dos: readonly Step['do'][]
  readonly holds: (step: Step, facts: Facts) => boolean
}
export type Rules<Step extends AnyStep, Facts> = Readonly<Record<string, Rule<Step, Facts>>>

/** Makes rules for one kind of decision. What a rule reads of the facts is one more thing to tell apart. */
export function ruleOf<Step extends AnyStep, Facts>() {
  type At<Do extends Step['do']> = Extract<Step, { do: Do }>
  const isOneOf = <Do extends Step['do']>(step: Step, dos: readonly Do[]): step is At<Do> =>
    dos.some((one) => one === step.do)
  return <Do extends Step['do']>(
    dos: readonly Do[],
    holds: (step: At<Do>, facts: Facts) => boolean,
  ): Rule<Step, Facts> => ({ dos, holds: (step, facts) => !isOneOf(step, dos) || holds(step, facts) })
}

/** Decides on all facts, or on those that `allUpTo` leaves (`everyChoice`). `broken`: the first facts that break each rule. `steps`: the kinds of steps that came of them. */
export function judgeEvery<Step extends AnyStep, Facts>(
  rules: Rules<Step, Facts>,
  everyFact: (choose: Choose) => Facts,
  decide: (facts: Facts) => Step,
  allUpTo?: number,
) {
  const broken = new Map<string, { readonly step: Step; readonly facts: Facts }>()
  const rulesOf = new Map<Step['do'], readonly (readonly [string, Rule<Step, Facts>])[]>()
  const classes = everyChoice((choose) => {
    const facts = everyFact(choose)
    const step = decide(facts)
    const judging = rulesOf.get(step.do) ?? Object.entries(rules).filter(([, { dos }]) => dos.includes(step.do))
    rulesOf.set(step.do, judging)
    // A rule that is broken is judged on: what it reads is among the choices.
    for (const [name, { holds }] of judging)
      if (!holds(step, facts) && !broken.has(name)) broken.set(name, { step, facts })
  }, allUpTo)
  return { classes, broken, steps: [...rulesOf.keys()] }
}
