import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CONTEXT_HEADER } from '@portcullis/context'
import { answerParent } from '../../../peers/peer-messages.ts'

/**
 * Behind the gateways: says whether the gateway took whoever asks for signed in. A real service would look for itself,
 * and would hide what a gateway that is cut off lets pass.
 */
const server = createServer(({ headers }, response) => {
  const isSignedIn = headers[CONTEXT_HEADER] !== undefined
  response.writeHead(isSignedIn ? 200 : 401, { 'content-type': 'application/json' })
  response.end('{"result":{"data":null}}')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
