import { type Metrics, noMetrics } from '@portcullis/runtime'

export interface AuditMetrics {
  onWritten(events: number): void
  onGap(): void
  onFailure(): void
}

/** @param readLag Entries of the log that are not written down. */
export function createAuditMetrics(
  readLag: () => number,
  metrics: Metrics = noMetrics,
): AuditMetrics {
  metrics.gauge({
    name: 'portcullis_audit_lag_events',
    help: 'Entries of the log that are not in the audit trail yet. The log keeps about 100,000.',
    read: readLag,
  })
  const written = metrics.counter({
    name: 'portcullis_audit_events_total',
    help: 'Entries of the log that this worker has written into the audit trail.',
  })
  const gaps = metrics.counter({
    name: 'portcullis_audit_gaps_total',
    help: 'Times that entries had left the log before they were in the audit trail.',
  })
  const failures = metrics.counter({
    name: 'portcullis_audit_failures_total',
    help: 'Attempts to write the audit trail that failed; each is repeated.',
  })
  return {
    onWritten: (events) => written.add(events),
    onGap: () => gaps.add(1),
    onFailure: () => failures.add(1),
  }
}
