"""Everything in the database; what writes runs inside a transaction of `Database`."""
