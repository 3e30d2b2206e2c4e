"""What several gateway processes over one database tell each other, and who does what when one of them dies."""
