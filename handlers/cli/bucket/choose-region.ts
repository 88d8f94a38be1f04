/** The SDK demands a Region even if the endpoint has none, and does not read AWS_DEFAULT_REGION as the AWS CLI does. */
export function chooseRegion(): void {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL } = process.env
  const region = AWS_REGION ?? AWS_DEFAULT_REGION ?? (AWS_ENDPOINT_URL === undefined ? undefined : 'us-east-1')
  // Assigning undefined would set the text 'undefined' and hide the Region of the profile.
  if (region !== undefined) process.env.AWS_REGION = region
}
