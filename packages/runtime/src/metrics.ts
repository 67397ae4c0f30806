/** What a measurement is called and means. Names end in their unit, labels take few values: never an id or an address. */
export interface MetricOptions<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly Label[]
}

/** A value for each label; nothing for a metric without labels. */
export type LabelValues<Label extends string> = [Label] extends [never]
  ? []
  : [labels: Readonly<Record<Label, string>>]

/** What a gauge shows: a number, or one for each set of labels. */
export type Reading<Label extends string> = [Label] extends [never]
  ? number
  : Iterable<readonly [labels: Readonly<Record<Label, string>>, value: number]>

/** Only rises. */
export interface Counter<Label extends string = never> {
  /** @param amount Not negative. */
  add(amount: number, ...labels: LabelValues<Label>): void
}

/** Counts values by size. */
export interface Histogram<Label extends string = never> {
  observe(value: number, ...labels: LabelValues<Label>): void
}

/**
 * Where measurements go. Asking twice for a counter or histogram of one name gives the same one, so that what is built
 * again goes on counting.
 */
export interface Metrics {
  counter<const Label extends string = never>(options: MetricOptions<Label>): Counter<Label>
  /** @param options.buckets Upper bounds, rising. */
  histogram<const Label extends string = never>(
    options: MetricOptions<Label> & { readonly buckets: readonly number[] },
  ): Histogram<Label>
  /** A value, or one for each set of labels, that is read when somebody looks. Whoever registered last under a name is asked. */
  gauge<const Label extends string = never>(
    options: MetricOptions<Label> & { readonly read: () => Reading<Label> },
  ): void
}

/** Measures nothing: for those who were given nowhere to put it. */
export const noMetrics: Metrics = {
  counter: () => ({ add() {} }),
  histogram: () => ({ observe() {} }),
  gauge() {},
}
