import { z } from 'zod'

/** Six digits of an app, or a recovery code however it was typed. */
export const codeSchema = z.string().min(1).max(64)
