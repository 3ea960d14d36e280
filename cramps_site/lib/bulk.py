"""Statements that Django does not write: rows made from rows, and one that is planned once and run many times."""

from contextlib import contextmanager

from django.db import connection, connections


def insert_select(model, rows, **values):
    """One row of `model` for each row of the queryset `rows`; `values` are expressions over it, by the field's name.

    How many were made. Fields that are left out must have a default in the database or be null."""
    fields = [model._meta.get_field(name) for name in values]
    selected = rows.order_by().annotate(**{f"into_{name}": value for name, value in values.items()})
    query = selected.values_list(*(f"into_{name}" for name in values)).query
    sql, params = query.get_compiler(rows.db).as_sql()
    connection = connections[rows.db]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) {sql}", params)
        return cursor.rowcount


@contextmanager
def planned_cursor():
    """A cursor for a statement that is run again and again: PostgreSQL plans it a few times, then no more."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            yield cursor
        return
    from psycopg import Cursor

    connection.ensure_connection()
    connection.connection.prepare_threshold = 2
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        yield cursor
