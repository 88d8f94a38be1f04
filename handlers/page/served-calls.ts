import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { closedApi } from '../../shared/domain/deployment/environment.ts'
import type { PageSettings } from '../../shared/domain/deployment/page-settings.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { judgeActor } from '../../shared/domain/principals/judge-actor.ts'
import { nameInLinks } from '../../shared/domain/principals/principal.ts'
import { EligibilityFiles } from '../../shared/modules/requests/eligibility-files.ts'
import { People } from '../../shared/modules/requests/people.ts'
import { KnownReviews } from '../../shared/modules/reviews/review-records.ts'
import type { IdentityStore } from '../../shared/ports/identity-store.ts'
import type { Log } from '../../shared/ports/log.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { ServedDirectory } from '../../shared/reconcile/calls/served-directory.ts'
import { type Actor, findActor } from '../../shared/reconcile/directory/find-actor.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { Policies } from '../../shared/reconcile/records/policies.ts'
import { Suspensions } from '../../shared/reconcile/records/suspensions.ts'
import { type Answer, answer, combine } from '../api/answer.ts'
import { serveRequests } from '../api/serve-requests.ts'
import { listReviews, readReview, serveReviews } from '../api/serve-reviews.ts'
import { refuseBar } from '../api/signed-in-person.ts'
import type { PageSession } from './find-person.ts'
import type { HostedCall } from './judge-hosted-request.ts'
import { Operations } from './operations.ts'
import type { PageEvent } from './page-event.ts'
import { PageLooks } from './page-looks.ts'
import { PageRecords } from './page-records.ts'

type Calling = {
  readonly call: HostedCall
  readonly caller: ApiCaller
  readonly session: PageSession
  readonly log: Log
}

const ofOperators = ['GET /operations', 'GET /trends', 'POST /release', 'POST /pause', 'POST /resume'] as const
const ofAuditors = ['GET /everybody', 'GET /members', 'GET /uses', 'GET /report'] as const
const byGroups: readonly HostedCall[] = ['GET /me', 'GET /changes', 'GET /reviews', ...ofAuditors, ...ofOperators]
/** A page of requests; the browser asks for the next ones. */
const requestsMost = 200

function outsideOf(call: HostedCall, person: { readonly isAuditor: boolean; readonly isOperator: boolean }) {
  if (ofAuditors.some((one) => one === call) && !person.isAuditor) return 'auditors'
  if (call === 'GET /changes' && !person.isAuditor && !person.isOperator) return 'auditors'
  return ofOperators.some((one) => one === call) && !person.isOperator ? 'operators' : undefined
}

/** Answers the calls of signed-in people: by the handlers of the API, and by the page's own. */
export class ServedCalls {
  readonly #ports: Ports
  readonly #configuration: Configuration
  readonly #settings: PageSettings
  readonly #directory: ServedDirectory
  readonly #people: { readonly now: People; readonly recent: People }
  readonly #known
  readonly #looks: PageLooks
  readonly #operations: Operations
  readonly #records: PageRecords

  constructor(ports: Ports, configuration: Configuration, settings: PageSettings, directory: ServedDirectory) {
    this.#ports = ports
    this.#directory = directory
    this.#configuration = configuration
    this.#settings = settings
    const organization = new OrganizationCache(ports, configuration.folders)
    const policies = new Policies(ports)
    const reading = { ...ports, identityStore: directory.recent }
    this.#looks = new PageLooks(reading, configuration, { organization, policies })
    this.#operations = new Operations(ports, this.#looks)
    this.#records = new PageRecords(ports)
    const open = (store: IdentityStore) => new People(store, ports.clock, configuration.principalSuffix)
    this.#people = { now: open(directory.now), recent: open(directory.recent) }
    this.#known = {
      organization,
      eligibilityFiles: new EligibilityFiles(ports),
      suspensions: new Suspensions({ objects: ports.objects, policies }),
      reviews: new KnownReviews(ports.objects),
    }
  }

  /** The user by the directory, and the suspension as it is at this moment. `isNow`: every change and every sign-in needs that. */
  findUser(id: PrincipalId, isNow: boolean): Promise<Actor> {
    const identityStore = isNow ? this.#directory.now : this.#directory.recent
    const { principalSuffix } = this.#configuration
    return findActor(id, { identityStore, suspensions: this.#known.suspensions, principalSuffix })
  }

  async serve(event: PageEvent, { call, caller, session, log }: Calling): Promise<Answer> {
    const person = await this.#personOf(session, call)
    // The person has passed `findUser`; only the group is left to check.
    const bar = judgeActor({ user: 'enabled', outside: outsideOf(call, person) })
    if (bar !== undefined) return refuseBar(session.userName, bar)
    const [method = '', path = ''] = call.split(' ')
    const query = event.queryStringParameters ?? {}
    const context = {
      ports: { ...this.#ports, log },
      configuration: this.#configuration,
      access: closedApi.access,
      caller: { ...caller, person },
      known: { ...this.#known, people: method === 'GET' ? this.#people.recent : this.#people.now },
      statusPath: () => '/',
    }
    switch (call) {
      case 'GET /me':
        return this.#tellMe(person)
      case 'GET /eligibility':
      case 'GET /requests':
      case 'POST /requests':
      case 'POST /approvals':
        return serveRequests({ ...event, routeKey: `${method} ${path}`, rawPath: path }, context)
      case 'POST /decisions':
        return serveReviews({ ...event, routeKey: `${method} ${path}`, rawPath: path }, context)
      case 'GET /reviews': {
        const read = query.name === undefined ? listReviews(context) : readReview(query.name, context)
        const { told, accounts } = await read
        return combine({ told, names: answer(200, await this.#looks.tellNames(accounts)) })
      }
      case 'GET /now': {
        const list = (of: 'waiting' | 'mine') => {
          const queryStringParameters = { of, limit: String(requestsMost) }
          return serveRequests(
            { ...event, routeKey: 'GET /requests', rawPath: '/requests', queryStringParameters },
            context,
          )
        }
        const reads = [list('waiting'), list('mine'), this.#looks.ownAccess(person, context)] as const
        const [waiting, mine, access] = await Promise.all(reads)
        // Not of the person's own requests: anybody may request access to an account by its number.
        const links = waiting.body.matchAll(/"linkData":"account%(\d{12})%/g)
        const names = await this.#looks.tellNames([...links].flatMap(([, account = '']) => account))
        return combine({ waiting, mine, access, names: answer(200, names) })
      }
      case 'GET /choices':
        return this.#looks.choices(person, context)
      case 'GET /about':
        return this.#looks.about(query.request ?? '', person, {
          ...context,
          requestsOf: (user) => this.#records.requestsOf(user),
        })
      case 'GET /history':
        return answer(200, { requests: await this.#records.requestsOf(person.userId) })
      case 'GET /everybody':
        return this.#looks.everybody(await this.#records.reportDates())
      case 'GET /members':
        return this.#looks.members(query.after ?? '')
      case 'GET /uses':
        return this.#looks.uses()
      case 'GET /report':
        return this.#records.report(query.date ?? '', query.after ?? '')
      case 'GET /changes': {
        const { accounts, ...told } = await this.#records.changes(query, await this.#looks.accountNames())
        return answer(200, { ...told, ...(await this.#looks.tellNames(accounts)) })
      }
      case 'GET /operations':
      case 'GET /trends':
      case 'POST /release':
      case 'POST /pause':
      case 'POST /resume':
        return this.#operate(call, { event, caller })
      default:
        return call satisfies never
    }
  }

  #operate(call: (typeof ofOperators)[number], act: { event: PageEvent; caller: ApiCaller }): Promise<Answer> {
    if (call === 'GET /trends') return this.#records.trends()
    if (call === 'POST /release') return this.#operations.release(act)
    if (call === 'POST /pause') return this.#operations.pause(act)
    return call === 'POST /resume' ? this.#operations.resume(act) : this.#operations.look()
  }

  async #tellMe(person: object): Promise<Answer> {
    const { approveWithin, portal, organizations, auditors, operators } = this.#settings
    const { account } = await this.#looks.organization()
    return answer(200, { ...person, approveWithin, portal, organizations, account, auditors, operators })
  }

  /** Calls that show something need the present groups. `GET /me` only names the views, and each tab asks it every minute, so older groups are enough. */
  async #personOf({ userId, userName }: PageSession, call: HostedCall) {
    const { auditors, operators } = this.#settings
    const name = nameInLinks(userName, this.#configuration.principalSuffix)
    if (name === undefined) throw new Error(`${userName} has no name in links, and findUser let the person pass`)
    if (!byGroups.includes(call)) return { userId, name, isAuditor: false, isOperator: false }
    // If the groups cannot be read, the person is neither auditor nor operator.
    const people = call === 'GET /me' ? this.#people.recent : this.#people.now
    const { groups } = await people.groupsOf(userId, new Set([...auditors, ...operators]))
    const isOneOf = (named: readonly string[]) => named.some((one) => groups.has(one))
    return { userId, name, isAuditor: isOneOf(auditors), isOperator: isOneOf(operators) }
  }
}
