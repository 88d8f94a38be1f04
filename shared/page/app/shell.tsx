import Alert from '@cloudscape-design/components/alert'
import AppLayout from '@cloudscape-design/components/app-layout'
import Badge from '@cloudscape-design/components/badge'
import Box from '@cloudscape-design/components/box'
import Flashbar from '@cloudscape-design/components/flashbar'
import SideNavigation, { type SideNavigationProps } from '@cloudscape-design/components/side-navigation'
import TopNavigation from '@cloudscape-design/components/top-navigation'
import { useEffect, useMemo, useState } from 'react'
import { addressOf, parseRoute } from '../../modules/page/rules/address.ts'
import { readingOf } from '../../modules/page/rules/reading.ts'
import type { PageFacts } from '../../modules/page/rules/told.ts'
import { isHosted, signOut } from './api-calls.ts'
import { applyLook, type Look, readLook } from './look.ts'
import { View } from './parts/layout.tsx'
import { Shown } from './parts/reading.tsx'
import { follow, useHash } from './route.ts'
import { SkipLink } from './skip-link.tsx'
import { AppContext, type Flash, useApp, useTold } from './use-told.ts'
import { Approvals } from './views/approvals.tsx'
import { Ask } from './views/ask.tsx'
import { Changes } from './views/changes.tsx'
import { MyAccess } from './views/my-access.tsx'
import { Operations } from './views/operations.tsx'
import { Reviews } from './views/reviews.tsx'
import { Who } from './views/who.tsx'

type ShownView = { readonly title: string; readonly Shown: React.ComponentType }
const views: Readonly<Record<string, ShownView>> = {
  access: { title: 'My access', Shown: MyAccess },
  requests: { title: 'My access', Shown: MyAccess },
  request: { title: 'Request access', Shown: Ask },
  approvals: { title: 'Approvals', Shown: Approvals },
  reviews: { title: 'Reviews', Shown: Reviews },
  who: { title: 'Who has access', Shown: Who },
  changes: { title: 'Changes', Shown: Changes },
  operations: { title: 'Operations', Shown: Operations },
}

const isWide = () => matchMedia('(min-width: 48rem)').matches

/**
 * Cloudscape gives its navigation on phones an attribute that the role does not have, also when a window becomes as narrow as a phone.
 * (WAI-ARIA 1.2, "aria-orientation".) Returns a function that stops it.
 */
function leaveRolesRight(): () => void {
  const takeAway = () => {
    for (const one of document.querySelectorAll('nav[aria-orientation]')) one.removeAttribute('aria-orientation')
  }
  takeAway()
  const observer = new MutationObserver(takeAway)
  observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ['aria-orientation'] })
  return () => observer.disconnect()
}

/** The whole page: who you are above, what you may do at the side, what you look at beside it. */
export function Shell() {
  const route = parseRoute(useHash())
  const { told, fault, flashes, flash, dismiss, look, send } = useTold(route.view)
  const [isOpen, setOpen] = useState(isWide)
  const isSignedOut = route.view === 'signed-out'
  const view = views[route.view] === undefined ? 'access' : route.view
  const { title = '', Shown: Opened = MyAccess } = views[view] ?? {}
  const isOpened = mayOpen(view, told)
  useEffect(() => {
    document.title = `${title} · ssofile`
    window.scrollTo(0, 0)
    if (view === 'operations') void look()
  }, [view, title, look])
  useEffect(leaveRolesRight, [])
  const leave = () => void signOut().catch(({ message }: Error) => flash({ id: 'said', type: 'error', text: message }))
  const app = useMemo(() => told && { told, fault, look, send }, [told, fault, look, send])
  const shown = app && (
    <AppContext.Provider value={app}>
      {isOpened ? <Opened /> : <NotYours view={view} title={title} />}
    </AppContext.Provider>
  )
  const first = readingOf<never>(undefined, { fault, again: () => void look() })
  const unopened = <View title={title} children={<Shown reading={first} children={() => null} />} />
  return (
    <>
      <SkipLink />
      <div id="top" children={<Top told={told} onSignOut={leave} />} />
      <AppLayout
        headerSelector="#top"
        toolsHide
        navigationOpen={isOpen}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigation={<Side view={view} told={told} onFollow={() => setOpen(isWide())} />}
        notifications={<Flashbar items={isSignedOut ? [] : flashes.map((one) => showFlash(one, dismiss))} />}
        content={isSignedOut ? <SignedOut /> : (shown ?? unopened)}
      />
    </>
  )
}

function mayOpen(view: string, told: PageFacts | undefined): boolean {
  if (told === undefined) return true
  const { isAuditor, isOperator } = told.me
  if (view === 'who') return isAuditor
  if (view === 'reviews') return isHosted
  if (view === 'changes') return isAuditor || isOperator
  return view !== 'operations' || isOperator
}

function Side({
  view,
  told,
  onFollow,
}: {
  readonly view: string
  readonly told: PageFacts | undefined
  readonly onFollow: () => void
}) {
  const link = (name: string, number = 0): SideNavigationProps.Item[] => {
    if (told === undefined || !mayOpen(name, told)) return []
    const info = number > 0 ? { info: <Badge color="blue">{number}</Badge> } : {}
    return [{ type: 'link', text: views[name]?.title ?? name, href: addressOf(name), ...info }]
  }
  const { isAuditor = false, isOperator = false } = told?.me ?? {}
  const others = [...link('who'), ...link('changes'), ...link('operations')]
  return (
    <SideNavigation
      header={{ text: 'ssofile', href: addressOf('access') }}
      activeHref={addressOf(view === 'requests' ? 'access' : view)}
      onFollow={(event) => {
        follow(event)
        onFollow()
      }}
      items={[
        ...link('access'),
        ...link('request'),
        ...link('approvals', told?.waiting.length),
        ...link('reviews'),
        ...(isAuditor || isOperator ? [{ type: 'divider' } as const, ...others] : []),
      ]}
    />
  )
}

function Top({ told, onSignOut }: { readonly told: PageFacts | undefined; readonly onSignOut: () => void }) {
  const [look, setLook] = useState<Look>(readLook)
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const choose = (id: string) => {
    const changed: Partial<Look> =
      id === 'comfortable' || id === 'compact'
        ? { density: id }
        : { mode: id === 'light' || id === 'dark' ? id : 'system' }
    applyLook(changed)
    setLook(readLook())
  }
  const item = (id: string, text: string) => {
    return { id, text, itemType: 'checkbox' as const, checked: look.mode === id || look.density === id }
  }
  const modes = [item('system', 'As the system'), item('light', 'Light'), item('dark', 'Dark')]
  const densities = [item('comfortable', 'Comfortable'), item('compact', 'Compact')]
  const { name = '', account, organizations = [] } = told?.me ?? {}
  const leave = isHosted
    ? { id: 'sign-out', text: 'Sign out' }
    : { id: 'browse', text: 'Ctrl-C in the terminal ends this page', disabled: true }
  const here = organizations.find(({ url }) => new URL(url).origin === location.origin)?.name
  const words = { text: [here, account].filter(Boolean).join(' '), ariaLabel: `Organization ${account}` }
  // Each page has its own sign-in and its own bucket, so a browser never has two organizations in one page.
  const pages = organizations.map(({ name, url }) => ({ id: url, text: name, href: url }))
  const organization =
    pages.length === 0
      ? { type: 'button' as const, ...words }
      : { type: 'menu-dropdown' as const, ...words, items: pages }
  return (
    <TopNavigation
      identity={{ href: addressOf('access'), title: 'Access to AWS', onFollow: follow }}
      utilities={[
        ...(account === undefined ? [] : [organization]),
        {
          type: 'menu-dropdown',
          iconName: 'settings',
          ariaLabel: 'Settings',
          title: 'Settings',
          items: [
            { id: 'modes', text: 'Colours', items: modes },
            { id: 'densities', text: 'Density', items: densities },
          ],
          onItemClick: ({ detail }) => choose(detail.id),
        },
        {
          type: 'menu-dropdown',
          iconName: 'user-profile',
          text: name,
          ariaLabel: name || 'You',
          description: `Times are in ${zone}`,
          items: [leave],
          onItemClick: ({ detail }) => void (detail.id === 'sign-out' && onSignOut()),
        },
      ]}
    />
  )
}

function showFlash({ id, type, text, faults = [] }: Flash, dismiss: (id: string) => void) {
  return {
    id,
    type,
    header: text,
    content: faults.map(({ received, expected, remedy }) => (
      <div key={received}>
        Received {received}
        {expected ? `, expected ${expected}` : ''}. What to do: {remedy}.
      </div>
    )),
    dismissible: true,
    dismissLabel: 'Dismiss',
    ariaRole: type === 'error' ? ('alert' as const) : ('status' as const),
    onDismiss: () => dismiss(id),
  }
}

/** Somebody followed the address of a view that only others may see. */
function NotYours({ view, title }: { readonly view: string; readonly title: string }) {
  const { auditors, operators } = useApp().told.me
  const of = { who: [auditors], changes: [auditors, operators], operations: [operators] }[view] ?? []
  const groups = of.flatMap((names = []) => names)
  const who = groups.length === 0 ? 'nobody: no group is named for it' : `members of ${groups.join(' or ')}`
  return (
    <View title={title}>
      <Alert type="warning" header={`You may not see ${title}.`}>
        {isHosted
          ? `It is for ${who}. Ask the platform team.`
          : 'ssofile browse does not show it; the page of the company does.'}
      </Alert>
    </View>
  )
}

function SignedOut() {
  return (
    <Box textAlign="center" padding="xxl">
      <h1>You are signed out</h1>
      <a href="/sign-in">Sign in again</a>
    </Box>
  )
}
