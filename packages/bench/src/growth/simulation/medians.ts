import { percentile } from '../../report/statistics.ts'
import type { ServerUse } from '../server-counters.ts'

export function medianUse(uses: readonly ServerUse[]): ServerUse {
  return {
    processorUs: median(uses.map(({ processorUs }) => processorUs)),
    bytesIn: median(uses.map(({ bytesIn }) => bytesIn)),
    bytesOut: median(uses.map(({ bytesOut }) => bytesOut)),
  }
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}
