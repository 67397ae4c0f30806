export type ConfigErrorCode = 'ERR_CONFIG_INVALID' | 'ERR_CONFIG_UNREADABLE'

/** A configuration that cannot be used. The message has a line for each mistake and repeats no variable's value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode
  /** One entry for each, `services.orders.url: what is wrong`. */
  readonly mistakes: readonly string[]
  constructor(code: ConfigErrorCode, mistakes: readonly string[], options?: ErrorOptions) {
    super(
      ['The configuration is not usable:', ...mistakes.map((line) => `  ${line}`)].join('\n'),
      options,
    )
    this.code = code
    this.mistakes = mistakes
  }
}
