"""What the HTTP interface promises, as OpenAPI 3.1: a table of operations a subject, joined by `document.py`."""
