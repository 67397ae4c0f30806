export {
  type MetricsEndpoint,
  type MetricsEndpointOptions,
  serveMetrics,
} from './metrics-endpoint.ts'
export {
  createProcessMetrics,
  createPrometheusMetrics,
  type PrometheusMetrics,
} from './metrics-prometheus.ts'
