import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Link from '@cloudscape-design/components/link'
import Select, { type SelectProps } from '@cloudscape-design/components/select'
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { addressOf } from '../../../modules/page/rules/address.ts'
import { type RequestState, sayState, stateOf } from '../../../modules/page/rules/describe-request.ts'
import { sayUnits } from '../../../modules/page/rules/say.ts'
import type { Names, ToldRequest } from '../../../modules/page/rules/told.ts'
import { follow } from '../route.ts'
import { useApp } from '../use-told.ts'
import { Named } from './layout.tsx'

/** Facts with their names; those without a text are left out. */
export function Facts({
  facts,
  columns = 3,
}: {
  readonly facts: readonly (readonly [string, ReactNode])[]
  readonly columns?: number
}) {
  const items = facts.flatMap(([label, value]) =>
    value ? [{ label, value: typeof value === 'string' ? <bdi>{value}</bdi> : value }] : [],
  )
  return <KeyValuePairs columns={columns} items={items} />
}

const types: Readonly<Record<RequestState, StatusIndicatorProps.Type>> = {
  new: 'in-progress',
  waiting: 'pending',
  granted: 'success',
  refused: 'error',
  over: 'stopped',
  ending: 'in-progress',
}

export function RequestStatus({ told }: { readonly told: ToldRequest }) {
  return <StatusIndicator type={types[stateOf(told)]}>{sayState[stateOf(told)]}</StatusIndicator>
}

/** An account by its name, with number and OUs below. */
export function Account({ id, names }: { readonly id: string; readonly names: Names }) {
  const name = names.accounts[id]
  // A long path may be broken behind each unit.
  const path = sayUnits(names.paths[id] ?? '').replaceAll('/', '/\u200B')
  return <Named name={name ?? id} about={[name && id, path].filter(Boolean).join(' · ')} />
}

/** Reads again what the page shows. */
export function Refresh() {
  const { look } = useApp()
  return <Button iconName="refresh" ariaLabel="Refresh" onClick={() => void look()} />
}

/** A link to another view of the page. */
export function ViewLink({
  to,
  children,
}: {
  readonly to: ReturnType<typeof addressOf>
  readonly children: ReactNode
}) {
  return (
    <Link href={to} onFollow={follow}>
      {children}
    </Link>
  )
}

/** A long name, such as a link: a line ends after a part of it, or before the domain of an e-mail address. */
export function Broken({ text }: { readonly text: string }) {
  const parts = text.split(/(?<=[%/,])|(?=@)/).map((part, place) => [part, <wbr key={`${place}-${part}`} />])
  return <bdi style={{ overflowWrap: 'anywhere' }}>{parts}</bdi>
}

type ChoiceProps = {
  readonly label: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly chosen: string
  readonly onChoose: (value: string) => void
}

/** A list of which one is chosen. */
export function Choice({ label, options, chosen, onChoose }: ChoiceProps) {
  const selectedOption = options.find(({ value }) => value === chosen) ?? null
  const onChange: SelectProps['onChange'] = ({ detail }) => onChoose(detail.selectedOption.value ?? '')
  return <FormField label={label} children={<Select {...{ options, selectedOption, onChange }} />} />
}
