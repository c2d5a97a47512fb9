# SFP_TEST_HATCHET: a directory with hatchet-lite, hatchet-admin, hatchet-migrate and static-assets.
ARG BASE
FROM ${BASE}
COPY program /
CMD ["sh", "-euc", "/hatchet-migrate; /hatchet-admin quickstart --skip certs --generated-config-dir /config --overwrite=false; exec /hatchet-lite --config /config"]
