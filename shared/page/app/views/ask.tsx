import Alert from '@cloudscape-design/components/alert'
import Autosuggest from '@cloudscape-design/components/autosuggest'
import Button from '@cloudscape-design/components/button'
import DatePicker from '@cloudscape-design/components/date-picker'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select, { type SelectProps } from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import TimeInput from '@cloudscape-design/components/time-input'
import { type FormEvent, useState } from 'react'
import { addressOf, parseRoute } from '../../../modules/page/rules/address.ts'
import { type AskFields, askFor, findFaults } from '../../../modules/page/rules/ask-for.ts'
import { firstFields, onlyChoices, scopesOf, setsOf } from '../../../modules/page/rules/form-choices.ts'
import { hoursUntil, newEndsOf } from '../../../modules/page/rules/new-ends.ts'
import { count, sayDuration, sayInstant, sayScope } from '../../../modules/page/rules/say.ts'
import type { Eligibilities, PageFacts, ToldEligibility } from '../../../modules/page/rules/told.ts'
import { isHosted } from '../api-calls.ts'
import { pageClock } from '../page-clock.ts'
import { Facts } from '../parts/facts.tsx'
import { Line, Panel, Stack, View } from '../parts/layout.tsx'
import { useHash } from '../route.ts'
import { useApp } from '../use-told.ts'

/** One form for everything that the person may ask for; the address fills it. */
export function Ask() {
  const { told, send } = useApp()
  const { query } = parseRoute(useHash())
  const { eligible } = told.eligibilities
  const extended = query.get('extend') ?? undefined
  const [named, setNamed] = useState(query.get('eligibility') ?? onlyOf(eligible)?.name)
  const [fields, setFields] = useState<AskFields>(() => firstFields(told, query, named))
  const [newEnd, setNewEnd] = useState('')
  const [isTried, setTried] = useState(false)
  const eligibility = eligible.find(({ name }) => name === named)
  const running = told.mine.find(({ linkData }) => linkData === extended)?.status?.request
  const endsAt = running?.runsUntil ?? running?.expiresAt
  const asked = (): AskFields => {
    if (endsAt === undefined || eligibility === undefined) return fields
    return { ...fields, hours: hoursUntil(newEnd, { longest: eligibility.longest, nowMs: pageClock.nowMs() }) }
  }
  const faults = findFaults(asked(), eligibility)
  const set = (changed: Partial<AskFields>) => setFields((before) => ({ ...before, ...changed }))
  const choose = (name: string) => {
    setNamed(name)
    if (extended === undefined) setFields((before) => ({ ...before, ...onlyChoices(told, name) }))
  }
  const submit = async () => {
    setTried(true)
    if (Object.keys(faults).length > 0) return
    const body = askFor(asked(), told.eligibilities.name, extended ? 'extend' : 'ask')
    if (await send({ path: '/requests', body, done: 'Your request is sent. ssofile looks at it now.' }))
      location.hash = addressOf('access')
  }
  if (eligible.length === 0) return <NotEligible {...told.eligibilities} />
  if (eligibility === undefined) return <NotChosen eligible={eligible} onChoose={choose} />
  const common = { told, eligibility, fields, faults: isTried ? faults : {}, set, isFixed: extended !== undefined }
  const actions = (
    <Line>
      <Button formAction="none" variant="link" href={addressOf('access')} children="Cancel" />
      <Button variant="primary">{extended ? 'Request the extension' : 'Request access'}</Button>
    </Line>
  )
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    void submit()
  }
  return (
    <View title={extended ? 'Extend access' : `Request access: ${eligibility.name}`}>
      <form onSubmit={onSubmit}>
        <Form actions={actions}>
          <SpaceBetween size="l">
            <Panel title="Access">
              <Stack>
                {eligible.length > 1 && (
                  <EligibilityField {...common} eligible={eligible} value={eligibility.name} onChoose={choose} />
                )}
                <PlaceFields {...common} />
                {endsAt === undefined ? (
                  <TimeFields {...common} />
                ) : (
                  <NewEndField {...common} endsAt={endsAt} value={newEnd} onChoose={setNewEnd} />
                )}
              </Stack>
            </Panel>
            <Panel title="Why" children={<ReasonFields {...common} />} />
            <Next eligibility={eligibility} isExtension={extended !== undefined} />
          </SpaceBetween>
        </Form>
      </form>
    </View>
  )
}

/** With only one there is no choice. Otherwise the person chooses: who may approve depends on it. */
function onlyOf(eligible: readonly ToldEligibility[]): ToldEligibility | undefined {
  return eligible.length === 1 ? eligible[0] : undefined
}

function NotChosen({ eligible, onChoose }: Pick<Eligibilities, 'eligible'> & Pick<ChoiceProps, 'onChoose'>) {
  return (
    <View title="Request access">
      <Panel title="Access" children={<EligibilityField {...{ eligible, onChoose }} value="" isFixed={false} />} />
    </View>
  )
}

function NotEligible({ unusable, unreadGroups }: Pick<Eligibilities, 'unusable' | 'unreadGroups'>) {
  const isKnown = unreadGroups === undefined
  const header = isKnown ? 'You are not eligible for any access yet.' : 'ssofile cannot tell what you are eligible for.'
  return (
    <View title="Request access">
      <Alert header={header} type={isKnown ? 'info' : 'warning'}>
        {!isKnown && `It could not read your groups: ${unreadGroups}. Try again in a minute. `}
        The files under eligibility/ in the bucket say who may request what. The platform team writes them.
        {unusable.length > 0 && ` These are not valid now: ${unusable.join(', ')}.`}
      </Alert>
    </View>
  )
}

type FieldsProps = {
  readonly told: PageFacts
  readonly fields: AskFields
  readonly faults: ReturnType<typeof findFaults>
  readonly set: (changed: Partial<AskFields>) => void
  readonly eligibility: ToldEligibility
  /** Of an extension, account and permission set stay. */
  readonly isFixed: boolean
}

type ChoiceProps = Pick<SelectProps, 'filteringPlaceholder' | 'disabled'> & {
  readonly label: string
  readonly description?: string
  readonly fault?: string | undefined
  readonly options: readonly SelectProps.Option[]
  readonly value: string
  readonly onChoose: (value: string) => void
}

/** One of many, found by its text. */
function Choice({ label, description, fault, options, value, onChoose, ...others }: ChoiceProps) {
  const name = label.toLowerCase()
  const free = {
    options,
    value,
    disabled: others.disabled ?? false,
    enteredTextLabel: (text: string) => `Use: ${text}`,
    empty: 'Type it',
  }
  // `ssofile browse` does not know which accounts and permission sets there are.
  if (!isHosted && (label === 'Account' || label === 'Permission set'))
    return (
      <FormField label={label} description={description} errorText={fault}>
        <Autosuggest {...free} onChange={({ detail }) => onChoose(detail.value)} />
      </FormField>
    )
  return (
    <FormField label={label} description={description} errorText={fault}>
      <Select
        {...others}
        filteringType={options.length > 10 ? 'auto' : 'none'}
        filteringAriaLabel={`Find: ${name}`}
        virtualScroll={options.length > 50}
        options={options}
        selectedOption={options.find((one) => one.value === value) ?? null}
        placeholder={`Choose: ${name}`}
        empty="There is none"
        onChange={({ detail }) => onChoose(detail.selectedOption.value ?? '')}
      />
    </FormField>
  )
}

function optionOf(value: string, label = value, about?: string, tag?: string): SelectProps.Option {
  return { value, label, ...(about ? { description: about } : {}), ...(tag ? { labelTag: tag } : {}) }
}

type EligibilityProps = Pick<Eligibilities, 'eligible'> &
  Pick<FieldsProps, 'isFixed'> &
  Pick<ChoiceProps, 'value' | 'onChoose'>

function EligibilityField({ eligible, value, isFixed, onChoose }: EligibilityProps) {
  const options = eligible.map(({ name, description }) => optionOf(name, name, description))
  const about = 'It says what you may request, and who approves.'
  const common = { options, value, disabled: isFixed, onChoose }
  return <Choice label="Eligibility" description={about} {...common} />
}

function PlaceFields({ told, eligibility, fields, faults, set, isFixed }: FieldsProps) {
  const { accounts, paths, abouts } = told.choices
  const withChosen = (all: readonly string[], one: string) => [...new Set([...all, ...(one ? [one] : [])])]
  const places = withChosen(scopesOf(told, eligibility), fields.scope).map((scope) => {
    const id = scope.startsWith('account%') ? scope.slice('account%'.length) : ''
    return optionOf(scope, accounts[id] ?? sayScope(scope), paths[id], accounts[id] && id)
  })
  const sets = withChosen(setsOf(told, eligibility), fields.permissionSet)
  return (
    <Stack>
      <Choice
        label="Account"
        description="Find it by its name, number or OU."
        fault={faults.scope}
        options={places.sort((a, b) => (a.label ?? '').localeCompare(b.label ?? ''))}
        value={fields.scope}
        disabled={isFixed}
        filteringPlaceholder="Name, number or OU"
        onChoose={(scope) => set({ scope })}
      />
      <Choice
        label="Permission set"
        fault={faults.permissionSet}
        options={sets.map((one) => optionOf(one, one, abouts[one]))}
        value={fields.permissionSet}
        disabled={isFixed}
        filteringPlaceholder="Name or what it allows"
        onChoose={(permissionSet) => set({ permissionSet })}
      />
    </Stack>
  )
}

function TimeFields({ eligibility: { longest, mayStartLater }, fields, faults, set }: FieldsProps) {
  const [day = '', time = ''] = fields.startsAt.split('T')
  const start = (newDay: string, newTime: string) =>
    set({ startsAt: newDay + newTime === '' ? '' : `${newDay}T${newTime}` })
  const most = `At most ${sayDuration(longest)}. The access ends by itself.`
  const later = mayStartLater && `Up to ${sayDuration(mayStartLater)} ahead. Empty: as soon as it is approved.`
  const calendar = { ariaLabel: 'Day', placeholder: 'YYYY/MM/DD', openCalendarAriaLabel: () => 'Choose a date' }
  const clock = { ariaLabel: 'Time', placeholder: 'hh:mm', format: 'hh:mm' } as const
  return (
    <Stack>
      <FormField label="Hours" description={most} errorText={faults.hours}>
        <Input value={fields.hours} inputMode="decimal" onChange={({ detail }) => set({ hours: detail.value })} />
      </FormField>
      {later && (
        <FormField label="Start (optional)" description={later} errorText={faults.startsAt}>
          <Line>
            <DatePicker {...calendar} value={day} onChange={({ detail }) => start(detail.value, time || '09:00')} />
            <TimeInput {...clock} value={time} onChange={({ detail }) => start(day, detail.value)} />
          </Line>
        </FormField>
      )}
    </Stack>
  )
}

type NewEndProps = Pick<FieldsProps, 'eligibility' | 'faults'> &
  Pick<ChoiceProps, 'value' | 'onChoose'> & { readonly endsAt: string }

function NewEndField({ eligibility: { longest }, faults, endsAt, value, onChoose }: NewEndProps) {
  const ends = newEndsOf({ endsAt, longest, nowMs: pageClock.nowMs() })
  const now = `The access ends ${sayInstant(endsAt)} now.`
  const none = `An extension lasts ${sayDuration(longest)} at most, which is not longer. Extend it nearer its end.`
  const options = ends.map((end) => optionOf(end.value, end.label))
  const fault = faults.hours && 'Choose when it ends.'
  const common = { label: 'New end', options, value, fault, disabled: ends.length === 0, onChoose }
  return <Choice {...common} description={ends.length === 0 ? `${now} ${none}` : now} />
}

function ReasonFields({ eligibility: { needs, ticketPattern }, fields, faults, set }: FieldsProps) {
  const label = (name: (typeof needs)[number], text: string) => (needs.includes(name) ? text : `${text} (optional)`)
  const like = ticketPattern && `Written like ${ticketPattern}`
  return (
    <Stack>
      <FormField label={label('reason', 'Reason')} errorText={faults.reason}>
        <Textarea value={fields.reason} rows={2} onChange={({ detail }) => set({ reason: detail.value })} />
      </FormField>
      <FormField label={label('ticket', 'Ticket')} description={like} errorText={faults.ticket}>
        <Input value={fields.ticket} onChange={({ detail }) => set({ ticket: detail.value })} />
      </FormField>
      <FormField label={label('incident', 'Incident')} errorText={faults.incident}>
        <Input value={fields.incident} onChange={({ detail }) => set({ incident: detail.value })} />
      </FormField>
    </Stack>
  )
}

/** Who approves, and the next steps after sending. */
function Next({ eligibility, isExtension }: { readonly eligibility: ToldEligibility; readonly isExtension: boolean }) {
  const { approvals, approvers, approvedByItself, longest, endsSessions, description } = eligibility
  const owner = approvers.ownerTag ? [`the owner of the account (tag ${approvers.ownerTag})`] : []
  const who = [...approvers.groups, ...approvers.users, ...owner].join(' or ')
  const needed = approvals === 0 ? 'Nobody has to approve it.' : `${count(approvals, 'approval')} from ${who}.`
  const perhaps = approvals > 0 && approvedByItself ? ' For some people or at some times nobody has to.' : ''
  const comes = `The access comes within seconds and ends by itself, after ${sayDuration(longest)} at most.`
  const facts = [
    ['Who approves', needed + perhaps],
    ['Then', comes + (endsSessions ? ' Running sessions end too.' : '')],
    ['Until then', isExtension && 'The access that you have lasts until its end.'],
    ['About', description],
  ] as const
  return <Panel title="What happens next" children={<Facts facts={facts} />} />
}
