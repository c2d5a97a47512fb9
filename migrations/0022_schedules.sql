-- breaking: no
-- Schedules.

select 1;
