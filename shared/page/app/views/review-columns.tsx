import Badge from '@cloudscape-design/components/badge'
import type { ItemInTable } from '../../../modules/page/rules/review-rows.ts'
import { sayDay, sayInstant } from '../../../modules/page/rules/say.ts'
import type { ToldReviewItem } from '../../../modules/page/rules/told.ts'
import { sayGiven, sayReviewers } from '../../../modules/reviews/rules/manifest.ts'
import type { DataColumn } from '../parts/data-table.tsx'
import { Broken } from '../parts/facts.tsx'
import { Line, Named } from '../parts/layout.tsx'

export type ReviewRow = ToldReviewItem & ItemInTable

const sayDecisions = ({ decisions }: ToldReviewItem) =>
  decisions
    .map(({ verdict, name, user, at, comment }) =>
      [`${verdict} by ${name ?? user}, ${sayInstant(at)}`, comment].filter(Boolean).join(': '),
    )
    .join('; ')
const sayEnd = ({ result, end, given, proof = [] }: ToldReviewItem) =>
  [
    end && `${result}, ${sayInstant(end.at)}`,
    given && sayGiven(given),
    end?.task,
    end?.owners && `for ${end.owners.join(', ')} until ${sayDay(end.dueAt)}`,
    ...proof,
  ]
    .filter(Boolean)
    .join('; ')
const sayOwn = ({ own }: ToldReviewItem) => own && [`You: ${own.verdict}`, own.problem].filter(Boolean).join('. ')

export function Flags({ flags }: Pick<ReviewRow, 'flags'>) {
  return <Line children={flags.map((flag) => <Badge key={flag} children={flag} />)} />
}

/** What the result of a review shows, also on paper. */
export const resultColumns: readonly DataColumn<ReviewRow>[] = [
  { id: 'who', title: 'Who', value: ({ who }) => who, cell: ({ who }) => <Broken text={who} />, shown: 'first' },
  {
    id: 'set',
    title: 'What',
    value: ({ set }) => set,
    cell: (one) => (
      <>
        <Named name={<Broken text={one.set} />} about={<Broken text={one.place} />} />
        <Flags flags={one.flags} />
      </>
    ),
    shown: 'first',
  },
  { id: 'account', title: 'Account', value: ({ place }) => place, shown: 'hidden' },
  { id: 'flags', title: 'Look at', value: ({ flags }) => flags.join(', '), shown: 'hidden', isList: true },
  { id: 'result', title: 'Result', value: ({ result }) => result },
  { id: 'reviewers', title: 'Reviewers', value: sayReviewers, shown: 'hidden' },
  {
    id: 'decisions',
    title: 'Decisions',
    value: sayDecisions,
    cell: (one) => <Named name={<bdi>{sayDecisions(one)}</bdi>} about={sayOwn(one)} />,
  },
  { id: 'end', title: 'Then', value: sayEnd, cell: (one) => <Broken text={sayEnd(one)} />, shown: 'hidden' },
]

/** What a reviewer needs to judge an item. */
const judging: readonly DataColumn<ReviewRow>[] = [
  {
    id: 'since',
    title: 'Since',
    value: ({ since }) => since,
    cell: ({ since, use }) => <Named name={since} about={use} />,
  },
  { id: 'use', title: 'Last use', value: ({ use }) => use, shown: 'hidden' },
  {
    id: 'given',
    title: 'Given by',
    value: ({ givenBy }) => givenBy,
    cell: ({ givenBy }) => <Broken text={givenBy} />,
  },
  {
    id: 'why',
    title: 'Why you are asked',
    value: ({ why = '' }) => why,
    cell: ({ why, colleagues }) => <Named name={<bdi>{why}</bdi>} about={<bdi>{colleagues}</bdi>} />,
  },
  { id: 'colleagues', title: 'Colleagues', value: ({ colleagues = '' }) => colleagues, shown: 'hidden' },
]
const hidden = <T,>(column: DataColumn<T>): DataColumn<T> => ({ ...column, shown: 'hidden' })

/** `isWaiting`: the list of what waits for the reader. */
export function columnsOf(isWaiting: boolean): readonly DataColumn<ReviewRow>[] {
  const results = resultColumns.map((one) => (isWaiting && one.id === 'result' ? hidden(one) : one))
  return [...results.slice(0, 4), ...(isWaiting ? judging : judging.map(hidden)), ...results.slice(4)]
}
