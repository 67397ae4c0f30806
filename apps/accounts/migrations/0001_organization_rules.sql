CREATE TABLE "accounts"."roles" (
	"organization" text NOT NULL,
	"name" text NOT NULL,
	"permissions" text[] NOT NULL,
	CONSTRAINT "roles_organization_name_pk" PRIMARY KEY("organization","name")
);
--> statement-breakpoint
ALTER TABLE "accounts"."memberships" DROP CONSTRAINT "memberships_role";--> statement-breakpoint
ALTER TABLE "accounts"."outbox" ALTER COLUMN "subject" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts"."memberships" ADD COLUMN "grants" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts"."organizations" ADD COLUMN "rules_version" bigint DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts"."organizations" ADD COLUMN "suspended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "accounts"."outbox" ADD COLUMN "organization" text;--> statement-breakpoint
ALTER TABLE "accounts"."users" ADD COLUMN "custom" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts"."users" ADD COLUMN "claims_definition" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts"."users" ADD COLUMN "suspended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "accounts"."roles" ADD CONSTRAINT "roles_organization_organizations_id_fk" FOREIGN KEY ("organization") REFERENCES "accounts"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
INSERT INTO "accounts"."roles" SELECT "id", "built_in"."name", "built_in"."permissions" FROM "accounts"."organizations"
	CROSS JOIN (VALUES
		('owner', array['members:manage', 'roles:manage', 'orders:read', 'orders:write']),
		('admin', array['members:manage', 'orders:read', 'orders:write']),
		('member', array['orders:read', 'orders:write'])) AS "built_in" ("name", "permissions");
--> statement-breakpoint
UPDATE "accounts"."users" SET "claims_version" = "claims_version" + 1;
--> statement-breakpoint
INSERT INTO "accounts"."outbox" ("id", "subject", "version", "cause")
	SELECT 'chg_' || replace(gen_random_uuid()::text, '-', ''), "id", "claims_version", 'roles.separated' FROM "accounts"."users";
--> statement-breakpoint
ALTER TABLE "accounts"."memberships" ADD CONSTRAINT "memberships_role" FOREIGN KEY ("organization","role") REFERENCES "accounts"."roles"("organization","name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "accounts"."outbox" ADD CONSTRAINT "outbox_organization_version" UNIQUE("organization","version");--> statement-breakpoint
ALTER TABLE "accounts"."outbox" ADD CONSTRAINT "outbox_about_one" CHECK (num_nonnulls("accounts"."outbox"."subject", "accounts"."outbox"."organization") = 1);