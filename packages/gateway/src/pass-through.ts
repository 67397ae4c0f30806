import { createDataPath } from './data-path.ts'
import { createOpenStreams } from './forward/open-streams.ts'
import type { PassThroughGateway } from './gateway.ts'
import { type PassThroughOptions, resolvePassThrough } from './options.ts'

/** @throws {TypeError} naming the option that is wrong. */
export function createPassThrough(options: PassThroughOptions): PassThroughGateway {
  const { services, fallback, accessLog, metrics, logger } = options
  const resolved = resolvePassThrough(options)
  using stack = new DisposableStack()
  const openStreams = stack.use(createOpenStreams(resolved.limits))
  const parts = { services, fallback, openStreams, observing: { accessLog, metrics }, logger }
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
