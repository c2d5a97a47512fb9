-- pg_net leaves everything here to PUBLIC: any API role could read tokens out of queued headers, empty the queue, or become
-- superuser through a trigger on the responses. Here only the migrations' role may use it, and pass it on.
revoke all on all functions in schema net from public;
revoke all on all tables in schema net from public;
revoke all on all sequences in schema net from public;
grant usage on schema net to postgres with grant option;
grant usage on schema net to supabase_functions_admin;
grant select, insert, update, delete on net.http_request_queue, net._http_response to postgres with grant option;
grant usage, select on sequence net.http_request_queue_id_seq to postgres with grant option;
grant execute on all functions in schema net to postgres with grant option;
