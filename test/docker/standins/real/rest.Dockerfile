# SFP_TEST_POSTGREST: the program.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install --yes --no-install-recommends libgmp10 libpq5 zlib1g && rm -rf /var/lib/apt/lists/*
COPY program /bin/postgrest
USER 1000
CMD ["postgrest"]
