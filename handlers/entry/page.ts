import { readFileSync } from 'node:fs'
import { openAwsSecret } from '../../shared/aws/aws-secret.ts'
import { pageSettings } from '../../shared/domain/deployment/page-settings.ts'
import { page } from '../page/page.ts'
import { PageFiles } from '../page/page-files.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, pageOrigin, guarded } = openDeployment()
if (pageOrigin === undefined) throw new Error('SSOFILE_PAGE_ORIGIN: received nothing, expected where the page is')
// The file is beside the bundle, like the configuration.
const settings = pageSettings.parse(JSON.parse(readFileSync(new URL('./page.json', import.meta.url), 'utf8')))
const readSecret = openAwsSecret(settings.signIn.clientSecretArn)
const files = new PageFiles(() => `${import.meta.dirname}/files`)
export const handler = guarded(page(ports, configuration, { settings, origin: pageOrigin, readSecret, files }))
