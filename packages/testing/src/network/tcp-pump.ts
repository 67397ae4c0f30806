import type { Socket } from 'node:net'

export interface PumpFaults {
  isDropping(): boolean
  /** Milliseconds. */
  delayMs(): number
  /** Called for every chunk that is dropped. */
  onLoss(): void
}

/** Hands bytes and the end on from one socket to another, in order, as far as the faults of the moment allow. */
export function pump(from: Socket, to: Socket, faults: PumpFaults): void {
  let last = Promise.resolve()

  from.on('data', (chunk) => {
    if (faults.isDropping()) return faults.onLoss()
    deliver(() => {
      if (to.write(chunk)) return
      from.pause()
      to.once('drain', () => from.resume())
    })
  })
  from.on('end', () => {
    if (!faults.isDropping()) deliver(() => to.end())
  })

  function deliver(write: () => void): void {
    const delayMs = faults.delayMs()
    const due = delayMs === 0 ? Promise.resolve() : after(delayMs)
    last = Promise.all([last, due]).then(() => (to.destroyed ? undefined : write()))
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
