-- Last: from here on the migrations' role is what it is on the image, no superuser.
alter role postgres nosuperuser createdb createrole login replication bypassrls;
