import { Option } from 'commander'

/** `--only`: for people whose rights cover only one part. */
export function onlyOption(): Option {
  return new Option(
    '--only <part>',
    'access: links_data/ and permission_sets/; memberships: memberships/; governance: policies/, selectors/, eligibility/, groups/, rules/, reviews/, hygiene.json and access_control_attributes.json; people: people/; credentials: retire/',
  )
    .choices(['access', 'memberships', 'governance', 'people', 'credentials'])
    .conflicts('folder')
}
