import type { OrganizationId, SubjectId } from '@portcullis/context'
import { bigint, index, integer, pgSchema, text, timestamp } from 'drizzle-orm/pg-core'

/** All that this service owns. The migration runner creates it, so it is not exported. */
const own = pgSchema('orders')

/** The last change of each organization's orders. Raising it locks the row, so numbers are committed in their order. */
export const changes = own.table('changes', {
  organization: text().$type<OrganizationId>().primaryKey(),
  last: bigint({ mode: 'number' }).notNull(),
})

export const orders = own.table(
  'orders',
  {
    id: text().primaryKey(),
    organization: text().$type<OrganizationId>().notNull(),
    item: text().notNull(),
    quantity: integer().notNull(),
    status: text({ enum: ['open', 'cancelled'] }).notNull(),
    placedBy: text().$type<SubjectId>().notNull(),
    placedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** The number of this order's last change within its organization. */
    change: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [index('orders_by_change').on(table.organization, table.change)],
)
