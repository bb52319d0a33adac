# The official PostgreSQL image (Debian-based) with the extension built in:
#   docker build -t postgres-coord . && docker run -e POSTGRES_PASSWORD=… postgres-coord
# then, in a database: CREATE EXTENSION confiture_coord CASCADE;
ARG PG_MAJOR=17
FROM postgres:${PG_MAJOR}

COPY . /usr/src/confiture_coord
RUN set -eux; \
    apt-get update; \
    apt-get install -y --no-install-recommends \
        make python3-venv "postgresql-plpython3-$PG_MAJOR" "postgresql-server-dev-$PG_MAJOR"; \
    make -C /usr/src/confiture_coord install; \
    apt-get purge -y --auto-remove "postgresql-server-dev-$PG_MAJOR"; \
    rm -rf /usr/src/confiture_coord /var/lib/apt/lists/*
