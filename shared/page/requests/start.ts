import { RequestsPage } from './requests-page.ts'

new RequestsPage().start()
