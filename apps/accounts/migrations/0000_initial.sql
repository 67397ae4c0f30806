CREATE TABLE "accounts"."credentials" (
	"subject" text PRIMARY KEY NOT NULL,
	"password_hash" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "accounts"."memberships" (
	"organization" text NOT NULL,
	"subject" text NOT NULL,
	"role" text NOT NULL,
	"joined_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_organization_subject_pk" PRIMARY KEY("organization","subject"),
	CONSTRAINT "memberships_role" CHECK ("accounts"."memberships"."role" in ('owner', 'admin', 'member'))
);
--> statement-breakpoint
CREATE TABLE "accounts"."organizations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "accounts"."outbox" (
	"id" text PRIMARY KEY NOT NULL,
	"sequence" bigint GENERATED ALWAYS AS IDENTITY (sequence name "accounts"."outbox_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"subject" text NOT NULL,
	"version" bigint NOT NULL,
	"cause" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"published_at" timestamp with time zone,
	CONSTRAINT "outbox_subject_version" UNIQUE("subject","version")
);
--> statement-breakpoint
CREATE TABLE "accounts"."users" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"installation_roles" text[] NOT NULL,
	"claims_version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email"),
	CONSTRAINT "users_installation_roles" CHECK ("accounts"."users"."installation_roles" <@ array['system:admin'])
);
--> statement-breakpoint
ALTER TABLE "accounts"."credentials" ADD CONSTRAINT "credentials_subject_users_id_fk" FOREIGN KEY ("subject") REFERENCES "accounts"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "accounts"."memberships" ADD CONSTRAINT "memberships_organization_organizations_id_fk" FOREIGN KEY ("organization") REFERENCES "accounts"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "accounts"."memberships" ADD CONSTRAINT "memberships_subject_users_id_fk" FOREIGN KEY ("subject") REFERENCES "accounts"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "memberships_subject" ON "accounts"."memberships" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "outbox_unpublished" ON "accounts"."outbox" USING btree ("sequence") WHERE "accounts"."outbox"."published_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_published" ON "accounts"."outbox" USING btree ("published_at") WHERE "accounts"."outbox"."published_at" is not null;