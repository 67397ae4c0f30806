import { styleText } from 'node:util'
import { z } from 'zod'

const recordSchema = z.looseObject({
  level: z.number(),
  time: z.number(),
  msg: z.string().optional(),
})

const NAME_WIDTH = 8
const WARNING = 40
const ERROR = 50
/** Said once at the start of the line, or of no use on one machine. */
const LEFT_OUT = new Set(['level', 'time', 'msg', 'name', 'pid', 'hostname', 'err'])

/** One line of an app's output for people, behind the app's name. What is no log record is shown as it is. */
export function formatLine(app: string, line: string): string {
  const record = parseRecord(line)
  const text = record === null ? line : describe(record)
  return `${styleText('dim', `${app.padEnd(NAME_WIDTH)} |`)} ${text}`
}

type LogRecord = z.infer<typeof recordSchema>

function parseRecord(line: string): LogRecord | null {
  if (!line.startsWith('{')) return null
  try {
    return recordSchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}

function describe(record: LogRecord): string {
  const fields = Object.entries(record)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const text = [record.msg ?? '', ...fields].join(' ')
  return `${paint(record.level, text)}${stackOf(record['err'])}`
}

function paint(level: number, text: string): string {
  if (level >= ERROR) return styleText('red', text)
  return level >= WARNING ? styleText('yellow', text) : text
}

function stackOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return ''
  return `\n${styleText('dim', String(error.stack))}`
}
