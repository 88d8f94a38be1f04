import { readFileSync } from 'node:fs'
import { openAwsOwnRoles } from '../../shared/aws/aws-own-roles.ts'
import { apiSettings } from '../../shared/domain/deployment/environment.ts'
import { api } from '../api/api.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
// The file is beside the bundle, like the configuration. Without it the API serves nobody.
const settings = apiSettings.parse(JSON.parse(readFileSync(new URL('./api.json', import.meta.url), 'utf8')))
export const handler = guarded(api(ports, configuration, { ...settings, roles: openAwsOwnRoles() }))
