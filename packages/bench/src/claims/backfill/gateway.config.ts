import { defineConfig, env } from '@portcullis/gateway/config'

/** Of the gateway app, for an installation with a service of the benchmark's own. */
export default defineConfig({
  publicUrl: 'http://127.0.0.1',
  services: { accounts: env('ACCOUNTS_URL'), reports: env('REPORTS_URL') },
})
