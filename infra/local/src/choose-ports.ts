import { findFreePort, isPortFree } from '@portcullis/testing'
import type { AppName } from './apps.ts'

export type Ports = Readonly<Record<AppName, number>>

const PREFERRED: Ports = { gateway: 4000, accounts: 4001, orders: 4002, worker: 4009 }

/** The known ports, with another free one, said aloud, for each that is taken. */
export async function choosePorts(say: (line: string) => void): Promise<Ports> {
  return mapPorts(async (app, preferred) => {
    if (await isPortFree(preferred)) return preferred
    const port = await findFreePort()
    say(`Port ${preferred} is taken; ${app} listens on ${port}.`)
    return port
  })
}

/** Free ports, so that this runs beside anything else. */
export function chooseFreePorts(): Promise<Ports> {
  return mapPorts(findFreePort)
}

async function mapPorts(choose: (app: AppName, preferred: number) => Promise<number>) {
  const { gateway, accounts, orders, worker } = PREFERRED
  return {
    gateway: await choose('gateway', gateway),
    accounts: await choose('accounts', accounts),
    orders: await choose('orders', orders),
    worker: await choose('worker', worker),
  }
}
