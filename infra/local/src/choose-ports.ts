import { findFreePort, isPortFree } from '@portcullis/testing'
import { type AppName, DASHBOARD_PORT, OPERATIONS_PORT, PREFERRED_PORTS } from './apps.ts'

export type Ports = Readonly<Record<AppName, number>>

/** The known ports, with another free one, said aloud, for each that is taken. */
export async function choosePorts(say: (line: string) => void): Promise<Ports> {
  return mapPorts((app, preferred) => choosePort(app, preferred, say))
}

/** As `choosePorts`, for what the worker has beside its own. */
export async function chooseWorkersPorts(say: (line: string) => void) {
  return {
    operationsPort: await choosePort('operations', OPERATIONS_PORT, say),
    dashboardPort: await choosePort('the dashboard', DASHBOARD_PORT, say),
  }
}

/** Free ports, so that this runs beside anything else. */
export function chooseFreePorts(): Promise<Ports> {
  return mapPorts(findFreePort)
}

/** So far from an app's own port is that of its metrics. */
const METRICS_OFFSET = 10

/** Where each app has its metrics. Another port than the known one interests nobody but a scraper, so it is not said. */
export function chooseMetricsPorts(): Promise<Ports> {
  return mapPorts(async (_app, port) => {
    const preferred = port + METRICS_OFFSET
    return (await isPortFree(preferred)) ? preferred : findFreePort()
  })
}

async function choosePort(what: string, preferred: number, say: (line: string) => void) {
  if (await isPortFree(preferred)) return preferred
  const port = await findFreePort()
  say(`Port ${preferred} is taken; ${what} listens on ${port}.`)
  return port
}

async function mapPorts(
  choose: (app: AppName, preferred: number) => Promise<number>,
): Promise<Ports> {
  const ports = { ...PREFERRED_PORTS }
  // One after the other: two that are looked for at the same time could be the same.
  for (const app of Object.keys(ports) as AppName[]) ports[app] = await choose(app, ports[app])
  return ports
}
