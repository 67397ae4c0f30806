CREATE TABLE "orders"."changes" (
	"organization" text PRIMARY KEY NOT NULL,
	"last" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orders"."orders" (
	"id" text PRIMARY KEY NOT NULL,
	"organization" text NOT NULL,
	"item" text NOT NULL,
	"quantity" integer NOT NULL,
	"status" text NOT NULL,
	"placed_by" text NOT NULL,
	"placed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"change" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "orders_by_change" ON "orders"."orders" USING btree ("organization","change");