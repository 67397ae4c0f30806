export { ConfigError, type ConfigErrorCode } from './config-error.ts'
export { defineConfig, type GatewayConfig } from './define-config.ts'
export { type LoadConfigOptions, loadConfig } from './load-config.ts'
export { type Configurable, env, type Variable } from './variable.ts'
