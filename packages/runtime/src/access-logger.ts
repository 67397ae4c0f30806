import { type DestinationStream, pino } from 'pino'
import type { Logger, LogLevel } from './logger.ts'

export interface BufferedOutputOptions {
  /** What a slow reader may leave unread in memory, bytes; lines beyond it are dropped. Default 4,194,304. */
  readonly bufferBytes?: number
  /** How long a line waits for others to be written with, milliseconds. Default 50. */
  readonly delayMs?: number
  /** A file descriptor. Default 1, standard output. */
  readonly fd?: number
}

export interface BufferedOutput extends DestinationStream {
  flushSync(): void
  /** What was dropped so far because nobody read it, bytes. */
  readonly droppedBytes: number
}

/** What is written at once without waiting for more, bytes. */
const ENOUGH_BYTES = 8_192

/**
 * Writes whole lines in the background and in the order in which they came, for all loggers of a process. Nobody waits
 * for it, whoever reads; what is not written when the process exits is written then. Lines are written together, because
 * each write costs more than making the line.
 *
 * @throws {TypeError} when `bufferBytes` is not a positive integer.
 */
export function createBufferedOutput(options: BufferedOutputOptions = {}): BufferedOutput {
  const { bufferBytes = 4_194_304, delayMs = 50, fd = 1 } = options
  if (!(Number.isSafeInteger(bufferBytes) && bufferBytes > 0))
    throw new TypeError('`bufferBytes` must be a positive integer')
  const output = pino.destination({
    dest: fd,
    sync: false,
    minLength: Math.min(ENOUGH_BYTES, bufferBytes),
    maxLength: bufferBytes,
  })
  let droppedBytes = 0
  output.on('drop', (line: string) => {
    droppedBytes += Buffer.byteLength(line)
  })
  let flushing: NodeJS.Timeout | undefined
  const flush = () => {
    flushing = undefined
    output.flush()
  }
  return {
    write(line) {
      output.write(line)
      if (flushing === undefined) flushing = setTimeout(flush, delayMs).unref()
    },
    get droppedBytes() {
      return droppedBytes
    },
    // pino calls it after a fatal line.
    flushSync: () => output.flushSync(),
  }
}

export interface AccessLoggerOptions {
  /** Name of the process, in every line. */
  readonly name: string
  /** Default `info`. */
  readonly level?: LogLevel
  readonly output: DestinationStream
}

/** A pino logger for lines in which every field is chosen with care: it looks for no secrets in them. */
export function createAccessLogger({ name, level = 'info', output }: AccessLoggerOptions): Logger {
  return pino({ name, level }, output)
}
