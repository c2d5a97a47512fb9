-- breaking: no
-- Settings and platform associations.

select 1;
