CREATE SCHEMA "delivery";
--> statement-breakpoint
CREATE TABLE "delivery"."deliveries" (
	"receiver" text NOT NULL,
	"number" bigint NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"issued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "deliveries_receiver_number_pk" PRIMARY KEY("receiver","number")
);
--> statement-breakpoint
CREATE TABLE "delivery"."places" (
	"receiver" text PRIMARY KEY NOT NULL,
	"last_number" bigint NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "deliveries_pending" ON "delivery"."deliveries" USING btree ("receiver") WHERE "delivery"."deliveries"."state" = 'pending';--> statement-breakpoint
CREATE INDEX "deliveries_by_end" ON "delivery"."deliveries" USING btree ("settled_at");