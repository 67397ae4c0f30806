CREATE TABLE "audit"."cursor" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"epoch" bigint NOT NULL,
	"seq" bigint NOT NULL,
	CONSTRAINT "cursor_is_one" CHECK ("audit"."cursor"."one")
);
--> statement-breakpoint
CREATE TABLE "audit"."events" (
	"number" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit"."events_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"epoch" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"nonce" text NOT NULL,
	"kind" text NOT NULL,
	"cause" text NOT NULL,
	"session" text,
	"subject" text,
	"organization" text,
	"actor" text,
	"change" text,
	"originator" text,
	"missing_after" text,
	"missing_before" text,
	"at" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "events_once" UNIQUE("epoch","seq","nonce")
);
--> statement-breakpoint
CREATE TABLE "audit"."receipts" (
	"first_number" bigint PRIMARY KEY NOT NULL,
	"last_number" bigint NOT NULL,
	"level" text NOT NULL,
	"durable" boolean NOT NULL,
	"instances" jsonb NOT NULL,
	"established_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "receipts_last_number_unique" UNIQUE("last_number"),
	CONSTRAINT "receipts_in_order" CHECK ("audit"."receipts"."last_number" >= "audit"."receipts"."first_number")
);
--> statement-breakpoint
CREATE INDEX "events_by_subject" ON "audit"."events" USING btree ("subject","number");--> statement-breakpoint
CREATE INDEX "events_by_session" ON "audit"."events" USING btree ("session" text_pattern_ops,"number");--> statement-breakpoint
CREATE INDEX "events_by_organization" ON "audit"."events" USING btree ("organization","number");--> statement-breakpoint
CREATE INDEX "events_by_actor" ON "audit"."events" USING btree ("actor","number");--> statement-breakpoint
CREATE INDEX "events_by_change" ON "audit"."events" USING btree ("change");