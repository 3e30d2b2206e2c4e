"""A PostgreSQL server for the tests, from the package `pgserver`, and an empty database on it for each that asks."""

from __future__ import annotations

import tempfile
import uuid
import warnings
from functools import cache
from importlib.util import find_spec

import pytest
from sqlalchemy import URL, create_engine, make_url

HERE = find_spec("pgserver") is not None  # it has no build for some machines
WITHOUT = pytest.mark.skipif(not HERE, reason="the package pgserver is not installed here")
BOTH = ("sqlite", pytest.param("postgresql", marks=WITHOUT))  # for fixtures that come with either database


def empty_database() -> URL:
    """Make a database and return its address; it ends with the server, at the end of the test run."""
    name = f"tandem_{uuid.uuid4().hex}"
    engine = create_engine(_server(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    return _server().set(database=name)


@cache
def _server() -> URL:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder of its own under /tmp, where the machine names none
        import pgserver

    folder = tempfile.mkdtemp(prefix="tandem-pg-")
    server = pgserver.get_server(folder, cleanup_mode="delete")
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")
