CREATE TABLE "accounts"."recovery_codes" (
	"subject" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "recovery_codes_subject_hash_pk" PRIMARY KEY("subject","hash")
);
--> statement-breakpoint
CREATE TABLE "accounts"."totp" (
	"subject" text PRIMARY KEY NOT NULL,
	"secret" text NOT NULL,
	"confirmed_at" timestamp with time zone,
	"last_step" bigint DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"failures_since" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "accounts"."outbox" ADD COLUMN "keeps_session" text;--> statement-breakpoint
ALTER TABLE "accounts"."recovery_codes" ADD CONSTRAINT "recovery_codes_subject_users_id_fk" FOREIGN KEY ("subject") REFERENCES "accounts"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "accounts"."totp" ADD CONSTRAINT "totp_subject_users_id_fk" FOREIGN KEY ("subject") REFERENCES "accounts"."users"("id") ON DELETE cascade ON UPDATE no action;