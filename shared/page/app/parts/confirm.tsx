import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Modal from '@cloudscape-design/components/modal'
import Textarea from '@cloudscape-design/components/textarea'
import { type ReactNode, useState } from 'react'
import { saysSomething } from '../../../domain/text/says-something.ts'
import { Line, Stack } from './layout.tsx'

/** The question before the page sends something. */
export type Question = {
  readonly title: string
  readonly hint: ReactNode
  /** On the button that sends. */
  readonly label: string
  /** A text to send with it. Absent: none. */
  readonly text?: { readonly label: string; readonly isNeeded: boolean }
  readonly act: (text: string) => void
}

export function Confirm({ question, onClose }: { readonly question: Question; readonly onClose: () => void }) {
  const [text, setText] = useState('')
  const [isTried, setTried] = useState(false)
  const isMissing = question.text?.isNeeded === true && !saysSomething(text)
  const act = () => {
    setTried(true)
    if (isMissing) return
    onClose()
    question.act(text.trim())
  }
  const buttons = (
    <Line>
      <Button formAction="none" variant="link" onClick={onClose} children="Cancel" />
      <Button variant="primary" children={question.label} />
    </Line>
  )
  return (
    <Modal visible header={question.title} onDismiss={onClose} closeAriaLabel="Close">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          act()
        }}
      >
        <Form actions={buttons}>
          <Stack>
            <Box>{question.hint}</Box>
            {question.text && (
              <FormField
                label={question.text.label}
                errorText={isTried && isMissing ? `Write the ${question.text.label.toLowerCase()}.` : undefined}
              >
                <Textarea
                  value={text}
                  rows={3}
                  onChange={({ detail }) => setText(detail.value)}
                  ariaRequired={question.text.isNeeded}
                />
              </FormField>
            )}
          </Stack>
        </Form>
      </form>
    </Modal>
  )
}
