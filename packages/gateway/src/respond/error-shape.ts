import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import type { GatewayErrorShape } from '../compose-routers.ts'
import type { GatewayError } from '../errors.ts'

/** A gateway error as tRPC clients read errors. */
export function errorShape(
  error: GatewayError,
  path?: string,
  requestId?: string,
): GatewayErrorShape {
  const { trpc, status } = error.kind
  const { code, assurance } = error
  return {
    message: error.message,
    code: TRPC_ERROR_CODES_BY_KEY[trpc],
    data: {
      code: trpc,
      httpStatus: status,
      ...(path !== undefined && { path }),
      portcullis: {
        code,
        ...(assurance !== undefined && { assurance }),
        ...(requestId !== undefined && { requestId }),
      },
    },
  }
}
