import type { BenchResult, Figure } from './result.ts'
import { element, text } from './svg.ts'
import { short } from './table.ts'

/** Pixels. */
const WIDTH = 880
const LABELS = 400
const VALUES = 90
const MARGIN = 16
const LINE = 22
const BAR = 13
const TITLE = 30

/** The first is for what is ours and for the first of several figures; all are told apart on white by their lightness. */
const COLOURS = ['#1f6feb', '#9a6700', '#57606a', '#1a7f37'] as const
const INK = '#1f2328'
const FAINT = '#59636e'

interface Bar {
  readonly label: string
  readonly figure: Figure
  readonly colour: string
}

interface Panel {
  readonly title: string
  readonly bars: readonly Bar[]
}

/** An SVG with a panel of horizontal bars for each of the result's charts, on a white ground of its own. */
export function formatChart(result: BenchResult): string {
  const panels = result.charts.map((chart) => panelOf(result, chart))
  const heights = panels.map(({ bars }) => TITLE + bars.length * LINE + MARGIN)
  const drawn = panels.map((panel, index) => {
    const above = heights.slice(0, index).reduce((sum, height) => sum + height, MARGIN)
    return drawPanel(panel, above)
  })
  const height = heights.reduce((sum, each) => sum + each, MARGIN) + LINE
  const { date, cpu, cores, command } = result.machine
  const origin = `${date.slice(0, 10)}, ${cpu}, ${cores} cores, ${command}. Whiskers: least and most of the rounds.`
  const children = [
    element('title', {}, titleOf(result.part)),
    element('rect', { width: '100%', height: '100%', rx: 6, fill: '#ffffff' }),
    ...drawn,
    text(origin, { x: MARGIN, y: height - MARGIN, fill: FAINT, 'font-size': 11 }),
  ]
  return `${element('svg', frame(height), `\n${children.join('\n')}\n`)}\n`
}

const titleOf = (part: string) => `pnpm bench:${part}`

function frame(height: number) {
  return {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    role: 'img',
    'font-family': 'system-ui, Helvetica, Arial, sans-serif',
    'font-size': 12,
  }
}

function panelOf({ sections }: BenchResult, chart: BenchResult['charts'][number]): Panel {
  const section = sections.find(({ title }) => title === chart.section)
  if (!section) throw new TypeError(`no section ${chart.section}`)
  const isOne = chart.figures.length === 1
  const bars = section.rows.flatMap((row) =>
    chart.figures.flatMap((name, index): Bar[] => {
      const figure = row.figures[name]
      const label = isOne ? row.name : `${row.name}, ${name}`
      const place = isOne ? (/^portcullis/i.test(row.name) ? 0 : 2) : index % COLOURS.length
      return figure ? [{ label, figure, colour: COLOURS[place] ?? FAINT }] : []
    }),
  )
  const figure = isOne ? `, ${chart.figures[0]}` : ''
  return { title: `${section.title}${figure} [${section.unit}]`, bars }
}

function drawPanel({ title, bars }: Panel, above: number): string {
  const most = Math.max(...bars.map(({ figure }) => Math.max(figure.value, figure.rounds.most)))
  const span = WIDTH - LABELS - VALUES - 2 * MARGIN
  const scale = (value: number) => (most > 0 ? (Math.max(0, value) / most) * span : 0)
  const heading = { x: MARGIN, y: above + 14, fill: INK, 'font-weight': 'bold', 'font-size': 13 }
  return [
    text(title, heading),
    ...bars.map((bar, index) => drawBar(bar, above + TITLE + index * LINE, scale)),
  ].join('\n')
}

function drawBar({ label, figure, colour }: Bar, y: number, scale: (value: number) => number) {
  const { value, rounds } = figure
  const from = MARGIN + LABELS
  const middle = y + BAR / 2
  const [least, most] = [from + scale(rounds.least), from + scale(rounds.most)]
  const baseline = y + BAR - 2.5
  const end = Math.max(from + scale(value), most) + 6
  const whisker = `M${at(least)} ${at(y + 3)}V${at(y + BAR - 3)}M${at(least)} ${at(middle)}H${at(most)}M${at(most)} ${at(y + 3)}V${at(y + BAR - 3)}`
  return [
    text(clip(label), { x: from - 8, y: baseline, fill: INK, 'text-anchor': 'end' }),
    element('rect', { x: from, y, width: Math.max(1, scale(value)), height: BAR, fill: colour }),
    element('path', { d: whisker, stroke: INK, 'stroke-width': 1, fill: 'none' }),
    text(short(value), { x: end, y: baseline, fill: INK }),
  ].join('')
}

/** Characters of a label that surely fit. */
const LABEL_CHARACTERS = 56

function clip(label: string): string {
  return label.length > LABEL_CHARACTERS ? `${label.slice(0, LABEL_CHARACTERS - 1)}…` : label
}

const at = (pixels: number) => Math.round(pixels * 10) / 10
