import { createDataPath } from './data-path.ts'
import { createOpenStreams } from './forward/open-streams.ts'
import type { PassThroughGateway } from './gateway.ts'
import { type PassThroughOptions, resolvePassThrough } from './options.ts'
import { createTransformerCheck } from './transformer-check.ts'

/** @throws {TypeError} naming the option that is wrong. */
export function createPassThrough(options: PassThroughOptions): PassThroughGateway {
  const { services, fallback, accessLog, metrics, tracer, logger } = options
  const resolved = resolvePassThrough(options)
  using stack = new DisposableStack()
  const openStreams = stack.use(createOpenStreams(resolved.limits))
  const { follow: onServices } = stack.use(createTransformerCheck({ ...resolved, logger }))
  const observing = { accessLog, metrics, tracer }
  const parts = { services, fallback, onServices, openStreams, observing, logger }
  const dataPath = createDataPath<never>({ ...resolved, ...parts, sessions: false })
  const owned = stack.move()
  return {
    listen: dataPath.listen,
    updateServices: dataPath.updateServices,
    get openStreams() {
      return openStreams.size
    },
    async [Symbol.asyncDispose]() {
      await dataPath[Symbol.asyncDispose]()
      owned.dispose()
    },
  }
}
