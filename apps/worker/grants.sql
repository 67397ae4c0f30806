-- What a worker needs that does not own its tables. Run it as their owner after `node src/migrate.ts`, each time.
grant usage on schema audit, delivery to portcullis_worker;
grant select on audit.migrations to portcullis_worker;
grant select, insert on audit.events, audit.receipts to portcullis_worker;
grant select, insert, update on audit.cursor to portcullis_worker;
grant select, insert, update, delete on all tables in schema delivery to portcullis_worker;
