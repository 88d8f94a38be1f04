/** What a browser keeps for the page: the session, and a sign-in that has begun. */
export type PageCookie = 'session' | 'sign-in'

/**
 * The prefix `__Host-` keeps other hosts of the same domain from setting or reading it; browsers ask for TLS there, so a page
 * on this machine has none. SameSite Lax: links in mails and the provider's way back bring it, requests of other pages do
 * not. (RFC 6265bis, "The __Host- prefix"; "SameSite".)
 */
export function nameOfCookie(cookie: PageCookie, origin: string): string {
  return `${origin.startsWith('https:') ? '__Host-' : ''}ssofile-${cookie}`
}

/** `seconds` 0: the browser forgets it. */
export function renderCookie(cookie: PageCookie, value: string, { origin, seconds }: CookieOptions): string {
  const isSecure = origin.startsWith('https:') ? '; Secure' : ''
  return `${nameOfCookie(cookie, origin)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure}`
}
type CookieOptions = { readonly origin: string; readonly seconds: number }
