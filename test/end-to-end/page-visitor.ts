/** Somebody who uses the page for everybody, as their browser would: it keeps cookies by site, and sends Origin with each POST. */
export class PageVisitor {
  readonly #origin: string
  readonly #jars = new Map<string, Map<string, string>>()

  private constructor(origin: string) {
    this.#origin = origin
  }

  /** Goes to the provider of the local system and back, as this person. */
  static async signIn(origin: string, person: string): Promise<PageVisitor> {
    const visitor = new PageVisitor(origin)
    let next = `${origin}/sign-in`
    for (let step = 0; step < 12 && !next.startsWith(`${origin}/#`); step++) {
      const response = await visitor.#fetch(next, {})
      const location = response.headers.get('location')
      next = location === null ? `${next}?as=${encodeURIComponent(person)}` : new URL(location, next).href
    }
    if (!next.startsWith(`${origin}/#`))
      throw new Error(`the sign-in of ${person} did not come to an end, but to ${next}`)
    return visitor
  }

  /** The cookie of the session, as a header has it. */
  get cookie(): string {
    return this.#cookieFor(this.#origin)
  }

  /** Somebody else with the cookies that this one has now. */
  copy(): PageVisitor {
    const copied = new PageVisitor(this.#origin)
    for (const [site, jar] of this.#jars) copied.#jars.set(site, new Map(jar))
    return copied
  }

  async signOut(): Promise<void> {
    await this.#fetch(`${this.#origin}/sign-out`, { method: 'POST', headers: { origin: this.#origin } })
  }

  async get(path: string) {
    return this.#send(path, {})
  }

  async post(path: string, body: object) {
    const headers = { origin: this.#origin, 'content-type': 'application/json' }
    return this.#send(path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  async #send(path: string, init: RequestInit) {
    const answered = await this.#fetch(`${this.#origin}/api${path}`, init)
    return { status: answered.status, body: JSON.parse(await answered.text()) }
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const site = new URL(url).origin
    const headers = { ...init.headers, cookie: this.#cookieFor(site) }
    const response = await fetch(url, { ...init, redirect: 'manual', headers })
    const jar = this.#jars.get(site) ?? new Map<string, string>()
    this.#jars.set(site, jar)
    for (const one of response.headers.getSetCookie()) {
      const [name = '', ...value] = (one.split(';', 1)[0] ?? '').split('=')
      jar.set(name, value.join('='))
    }
    return response
  }

  #cookieFor(site: string): string {
    return [...(this.#jars.get(site) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}
