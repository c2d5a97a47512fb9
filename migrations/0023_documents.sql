-- breaking: no
-- Documents in collections.

select 1;
