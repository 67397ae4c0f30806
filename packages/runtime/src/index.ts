export {
  createAccessLogger,
  createBufferedOutput,
} from './access-logger.ts'
export { type Clock, systemClock } from './clock.ts'
export { EnvironmentError, readEnvironment } from './environment.ts'
export { variables } from './environment-values.ts'
export { type IdleSockets, watchIdleSockets } from './idle-sockets.ts'
export {
  createLogger,
  LOG_LEVELS,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './logger.ts'
export {
  type Counter,
  type Histogram,
  type LabelValues,
  type MetricOptions,
  type Metrics,
  noMetrics,
  type Reading,
} from './metrics.ts'
export { type ProcessOptions, runProcess } from './process.ts'
