-- breaking: no
-- Protection of environments and approvals.

select 1;
