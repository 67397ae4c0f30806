export { type Clock, systemClock } from './clock.ts'
export { EnvironmentError, readEnvironment } from './environment.ts'
export {
  createLogger,
  LOG_LEVELS,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './logger.ts'
export { type ProcessOptions, runProcess } from './process.ts'
