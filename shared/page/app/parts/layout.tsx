import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import type { ReactNode } from 'react'

type Titled = { readonly title: ReactNode; readonly actions?: ReactNode; readonly children: ReactNode }

/** A view under its title. */
export function View({ title, description, actions, children }: Titled & { readonly description?: ReactNode }) {
  const header = <Header variant="h1" {...{ description, actions }} children={title} />
  return (
    <ContentLayout header={header}>
      <SpaceBetween size="l">{children}</SpaceBetween>
    </ContentLayout>
  )
}

export function Panel({ title, actions, children }: Titled) {
  return <Container header={<Header variant="h2" actions={actions} children={title} />}>{children}</Container>
}

/** One beside the other. */
export function Line({ children }: { readonly children: ReactNode }) {
  return <SpaceBetween direction="horizontal" size="xs" children={children} />
}

export function Stack({ children }: { readonly children: ReactNode }) {
  return <SpaceBetween size="m" children={children} />
}

export function Nothing({ children }: { readonly children: ReactNode }) {
  return <Box textAlign="center" padding="s" children={children} />
}

export function Loading() {
  return <Nothing children={<Spinner size="large" />} />
}

/** A name, and a remark in small letters. */
export function Named({ name, about }: { readonly name: ReactNode; readonly about: ReactNode }) {
  return (
    <>
      <div>{name}</div>
      <small>{about}</small>
    </>
  )
}
