import { publicUrlOf, type Surroundings, urlOf } from '../apps.ts'

export interface Welcome {
  readonly surroundings: Surroundings
  readonly redis: string
  readonly postgres: string
}

/** What a developer needs to know once everything is up. */
export function welcome({ surroundings, redis, postgres }: Welcome): string {
  const gateway = publicUrlOf(surroundings)
  return `
Portcullis is up.

  gateway    ${gateway}   the one public door
  accounts   ${urlOf('accounts', surroundings)}
  orders     ${urlOf('orders', surroundings)}
  worker     ${urlOf('worker', surroundings)}
${metricsLine(surroundings)}  redis      ${surroundings.redisUrl}   ${redis}
  postgres   ${surroundings.databaseUrl}   ${postgres}

Sign in with the password "portcullis" as
  ada@example.com     owner of org_acme, member of org_globex, administrator
  grace@example.com   member of org_acme
  linus@example.com   member of org_globex

Try it:
  curl -c ada.cookies -H 'content-type: application/json' ${gateway}/session.signIn \\
       -d '{"email":"ada@example.com","password":"portcullis"}'
  curl -b ada.cookies -H 'content-type: application/json' ${gateway}/orders.create \\
       -d '{"item":"tea","quantity":2}'
  curl -b ada.cookies '${gateway}/accounts.me,orders.list?batch=1'
  curl -b ada.cookies -H 'content-type: application/json' -X POST ${gateway}/session.signOut

A changed file restarts the apps that import it. Ctrl-C ends everything.
`
}

function metricsLine({ metricsPorts }: Surroundings): string {
  if (metricsPorts === undefined) return ''
  const { gateway, ...others } = metricsPorts
  const elsewhere = Object.entries(others).map(([app, port]) => `${app} :${port}`)
  return `  metrics    http://127.0.0.1:${gateway}/metrics   ${elsewhere.join(', ')}\n`
}
