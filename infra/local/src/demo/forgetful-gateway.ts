import { type Answer, type HttpRelay, startHttpRelay } from './http-relay.ts'

/**
 * A deliberately broken gateway, to see that the demo notices: it stands before a good one and lets a cookie in for what
 * it was let in for before, whatever has been revoked since.
 */
export function startForgetfulGateway(target: string): Promise<HttpRelay> {
  const accepted = new Map<string, Answer>()
  return startHttpRelay(target, {
    onAnswer(request, answer) {
      const key = `${request.method} ${request.url} ${request.headers.cookie}`
      if (answer.status === 401) return accepted.get(key) ?? answer
      if (answer.status === 200) accepted.set(key, answer)
      return answer
    },
  })
}
