-- breaking: no
-- Locks of environments.

select 1;
