// First: schemas are made when their modules are loaded.
import '../../domain/json/without-eval.ts'
import '@cloudscape-design/global-styles/index.css'
import '@cloudscape-design/global-styles/dark-mode-utils.css'
import { I18nProvider } from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en'
import { createRoot } from 'react-dom/client'
import { applyLook } from './look.ts'
import { Shell } from './shell.tsx'

applyLook()
const place = document.getElementById('page')
if (place !== null)
  createRoot(place).render(
    <I18nProvider locale="en" messages={[messages]}>
      <Shell />
    </I18nProvider>,
  )
