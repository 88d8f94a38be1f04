import { Option } from 'commander'

/** `--only`: for people whose rights cover only one part. */
export function onlyOption(): Option {
  return new Option(
    '--only <part>',
    'access: only links_data/ and permission_sets/; memberships: only memberships/; governance: only policies/, selectors/, eligibility/, groups/, rules/, hygiene.json and access_control_attributes.json, which only governance may write; people: only people/; credentials: only retire/',
  )
    .choices(['access', 'memberships', 'governance', 'people', 'credentials'])
    .conflicts('folder')
}
