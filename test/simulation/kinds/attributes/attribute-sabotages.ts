import { misreading, notFinding, otherwise } from '../../sabotage-ports.ts'
import type { Defects } from '../../sabotages.ts'

export const attributeSabotages: Defects = {
  attributes: {
    'attributes are set as the file says, whatever goes': otherwise('ssoAdmin', (ssoAdmin) => ({
      updateAttributes: (attributes) => ssoAdmin.updateAttributes(attributes.slice(0, 1)),
    })),
    'a file of attributes that is not there says that there are none': misreading(
      'access_control_attributes.json',
      (text) => text.replace(/\[.*\]/s, '[]'),
    ),
    'nobody finds the file of attributes': notFinding('access_control_attributes.json'),
  },
}
