export {
  type MetricsEndpoint,
  type MetricsEndpointOptions,
  serveMetrics,
} from './metrics-endpoint.ts'
export { createPrometheusMetrics, type PrometheusMetrics } from './metrics-prometheus.ts'
