export { createPortcullisClient } from './client.ts'
export { createPortcullisLinks } from './links.ts'
export {
  DEFAULT_MAX_ITEMS,
  DEFAULT_MAX_URL_LENGTH,
  type EventSourceClass,
  type PortcullisClientOptions,
  type TransportOptions,
} from './options.ts'
export { createSessionEndLink, type SessionEndOptions } from './session-end-link.ts'
export { type StepUp, stepUpOf } from './step-up.ts'
