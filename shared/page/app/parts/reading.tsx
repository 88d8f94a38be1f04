import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import { type ReactNode, useEffect, useState } from 'react'
import { isOld, type Reading, sayUnread } from '../../../modules/page/rules/reading.ts'
import { sayAge, sayInstant } from '../../../modules/page/rules/say.ts'
import { pageClock } from '../page-clock.ts'
import { Loading, Nothing, Stack } from './layout.tsx'

type Shown<T> = { readonly reading: Reading<T>; readonly children: (value: T) => ReactNode }

/** A figure, or a part of a view, in each state of its reading. A complete answer, or its age, or what is missing. */
export function Shown<T>({ reading, children }: Shown<T>) {
  if (reading.is === 'loading') return <Loading />
  if (reading.is === 'unread') return <Unread {...reading} />
  return (
    <Stack>
      <Stands reading={reading} />
      {children(reading.value)}
    </Stack>
  )
}

/** Instead of what could not be read. */
function Unread({ fault, again }: Extract<Reading<unknown>, { is: 'unread' }>) {
  return (
    <Alert type="error" action={<Button onClick={again} children="Try again" />}>
      {sayUnread(fault)}
    </Alert>
  )
}

/** Below the head of a table without rows. `children`: what an empty complete answer says. */
export function Empty({ reading, children }: { readonly reading: Reading<unknown>; readonly children: ReactNode }) {
  if (reading.is === 'unread') return <Unread {...reading} />
  return <Nothing>{reading.is === 'read' && reading.missing ? 'Nothing is here of what was read.' : children}</Nothing>
}

/** The notes of an answer: its age, that it cannot be read again, and its missing parts. */
export function Stands({ reading, children }: { readonly reading: Reading<unknown>; readonly children?: ReactNode }) {
  const nowMs = useNow()
  if (reading.is !== 'read') return <>{children}</>
  const { asOfMs, missing, fault, again } = reading
  const asOf = isOld(reading, nowMs) && `As of ${sayInstant(new Date(asOfMs).toISOString())}, ${sayAge(asOfMs, nowMs)}.`
  const why = fault !== undefined && `${sayUnread(fault).replace('It could', ' It could')}`
  return (
    <>
      {children && <div>{children}</div>}
      {missing && <div>{missing}</div>}
      {asOf && (
        <div>
          {asOf}
          {why} {fault !== undefined && <Button variant="inline-link" onClick={again} children="Try again" />}
        </div>
      )}
    </>
  )
}

function useNow(): number {
  const [nowMs, setNow] = useState(pageClock.nowMs)
  useEffect(() => pageClock.every(15_000, () => setNow(pageClock.nowMs())), [])
  return Math.max(nowMs, pageClock.nowMs())
}
