import { type BenchResult, createTarget } from '../src/report/result.ts'

const figure = { value: 1.5, rounds: { median: 1.4, least: 1, most: 2 } }
const ratio = { value: 1.2, rounds: { median: 1.2, least: 1.1, most: 1.3 } }

/** A result as a part would write it. */
export const exampleResult: BenchResult = {
  part: 'example',
  quick: false,
  machine: {
    cpu: 'a processor',
    cores: 2,
    memoryGiB: 4,
    system: 'Linux',
    node: 'v24.0.0',
    redis: '7.0.15',
    date: '2026-01-02T03:04:05.678Z',
    command: 'pnpm bench:example',
    load: [0.5, 1.5],
  },
  notes: [],
  sections: [
    {
      title: 'a section',
      unit: 'ms',
      notes: [],
      rows: [
        { name: 'a row', samples: 3, figures: { p50: figure } },
        { name: 'Portcullis', samples: 3, figures: { p50: figure } },
      ],
    },
    {
      title: 'ratios',
      unit: 'times',
      notes: [],
      rows: [{ name: 'ours / theirs', samples: 3, figures: { p50: ratio } }],
    },
  ],
  highlights: [{ section: 'ratios', row: 'ours / theirs', figure: 'p50' }],
  charts: [{ section: 'a section', figures: ['p50'] }],
  targets: [createTarget({ name: 'a target', value: 1.5, limit: 2, unit: 'ms' })],
}
