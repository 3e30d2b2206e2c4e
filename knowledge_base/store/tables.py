"""The tables of the knowledge base. `migrations/` is what makes them; a test holds the two together."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    true,
)

metadata = MetaData()

# An article's content lives in article_versions. live_version is what search and readers see; a newer
# latest_version beside it is a draft.
articles = Table(
    "articles",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("external_id", String(200), unique=True),
    Column("translation_group", String(200), nullable=False, index=True),
    Column("state", String(20), nullable=False, index=True),
    Column("latest_version", Integer, nullable=False),
    Column("live_version", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("updated_by", String(200), nullable=False, server_default="service"),
    Column("edition", Integer, index=True),  # of the units that search knows
    CheckConstraint("state in ('draft', 'published', 'archived')", name="state_known"),
    CheckConstraint("(state = 'published') = (live_version is not null)", name="live_when_published"),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("questions", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("review_on", Date),
    Column("created_by", String(200), nullable=False, server_default="service"),
    Column("title_folded", Text, nullable=False, server_default=""),  # without case and diacritics, to look it up
)

# Who changed which article when. No foreign keys: it outlives articles. Entries are added, never changed.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("author_id", String(200), nullable=False),
    Column("author_name", String(200), nullable=False),
    Column("action", String(20), nullable=False),
    Column("article_id", String(200), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("from_version", Integer),
    Column("to_version", Integer),
    sqlite_autoincrement=True,
)

# The searched pieces of versions, those of one version an edition: see `unit_store`. The id is also the id in the
# vector index, so it is never given twice. No foreign key: an import writes them before its articles.
units = Table(
    "units",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("article_id", String(200), nullable=False),
    Column("edition", Integer, nullable=False),  # the id of its first unit
    Column("position", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("heading", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("markdown", Text, nullable=False),
    Column("encoder_text", Text, nullable=False),
    Column("sentences", JSON, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Index("units_of_edition", "edition", "position", unique=True),
    sqlite_autoincrement=True,
)

# Vectors by what was encoded and by which model: a restart encodes nothing, a new model everything. saved_at: the
# generation then, since a vector may be there before its text is.
vectors = Table(
    "vectors",
    metadata,
    Column("model", String(200), primary_key=True),
    Column("content_hash", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian, normalised
    Column("saved_at", Integer, nullable=False, server_default="0"),
)

# generation: raised by every transaction that changes what search should know. changes_after: the generation since
# which `changes` is complete.
base_state = Table(
    "base_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("splitter_version", Integer, nullable=False),
    Column("changes_after", Integer, nullable=False, server_default="0"),
    CheckConstraint("id = 1", name="one_row"),
)

# Articles by the generation that changed them; no foreign key, since a deleted article is a change too.
changes = Table(
    "changes",
    metadata,
    Column("generation", Integer, primary_key=True),
    Column("article_id", String(200), primary_key=True),
)

# An import of many articles, which every process makes its search ready for before it is committed. complete: whether
# all of it is there. beats: rises while the importer is at it. generation: the one it was committed as, empty before.
# again: ids of articles that came out otherwise than staged, to be read from the base. first_unit to last_unit: the ids
# of its units.
staged_imports = Table(
    "staged_imports",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("complete", Boolean, nullable=False),
    Column("beats", Integer, nullable=False),
    Column("generation", Integer),
    Column("again", JSON, nullable=False),
    Column("first_unit", Integer),
    Column("last_unit", Integer),
    sqlite_autoincrement=True,
)

# What is to be written to `articles`, `article_versions` and `audit` once the import is committed. Columns are as
# there; empty times and authors are those of the commit.
staged_rows = Table(
    "staged_rows",
    metadata,
    Column("import_id", ForeignKey("staged_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", String(200), primary_key=True),
    Column("is_new", Boolean, nullable=False),
    Column("touched", Boolean, nullable=False),  # whether search must look at it again
    Column("external_id", String(200)),
    Column("translation_group", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("latest_version", Integer, nullable=False),
    Column("live_version", Integer),
    Column("edition", Integer),
    Column("created_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True)),
    Column("updated_by", String(200)),
)

staged_versions = Table(
    "staged_versions",
    metadata,
    Column("import_id", ForeignKey("staged_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", String(200), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("questions", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True)),
    Column("review_on", Date),
    Column("created_by", String(200)),
    Column("title_folded", Text, nullable=False),
)

staged_entries = Table(
    "staged_entries",
    metadata,
    Column("import_id", ForeignKey("staged_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", String(200), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # of the entries of one article
    Column("action", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("from_version", Integer),
    Column("to_version", Integer),
)

staged_slices = Table(
    "staged_slices",
    metadata,
    Column("import_id", ForeignKey("staged_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("articles", LargeBinary, nullable=False),  # as `staged_articles` packs them
)

# The processes that make ready; beats rises while one is at it.
staged_readers = Table(
    "staged_readers",
    metadata,
    Column("import_id", ForeignKey("staged_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("reader", String(32), primary_key=True),
    Column("beats", Integer, nullable=False),
    Column("prepared", Boolean, nullable=False),
)

queries = Table(
    "queries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("language", String(2)),
    Column("article_id", String(200)),  # the first hit; no foreign key: the log outlives articles
    Column("confidence", Float, nullable=False),
    Column("answerable", Boolean, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("from_customer", Boolean, nullable=False, server_default=true()),  # not from a colleague trying things out
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("query_id", ForeignKey("queries.id", ondelete="CASCADE"), index=True),
    Column("article_id", String(200), index=True),
    Column("helpful", Boolean, nullable=False),
    Column("comment", Text),
    CheckConstraint("query_id is not null or article_id is not null", name="about_something"),
    sqlite_autoincrement=True,
)

# Questions of one meaning that found no good answer. `centroid` is the sum of the vectors of `weight` of them, in the
# space of the encoder named; `shared_centroid` is that of the same questions in the space that all languages share,
# where there is one. Only questions in the language of the gap count for either.
gaps = Table(
    "gaps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("question", Text, nullable=False),
    Column("language", String(2)),
    Column("state", String(10), nullable=False, index=True),
    Column("draft_article_id", String(200)),  # no foreign key: the draft may be deleted
    Column("encoder", String(200), nullable=False),
    Column("centroid", LargeBinary, nullable=False),  # float32, little-endian
    Column("weight", Integer, nullable=False),
    Column("shared_encoder", String(200)),
    Column("shared_centroid", LargeBinary),  # as `centroid`
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("state in ('open', 'drafted', 'closed', 'dismissed')", name="gap_state_known"),
    sqlite_autoincrement=True,
)

# Why a question failed, and what came of asking it again. gap_id is empty until its meaning is known.
failed_questions = Table(
    "failed_questions",
    metadata,
    Column("query_id", ForeignKey("queries.id", ondelete="CASCADE"), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("unanswered", Boolean, nullable=False),
    Column("thumbs_down", Boolean, nullable=False),
    Column("handed_off", Boolean, nullable=False),
    Column("minutes", Float),  # an agent's, as measured
    Column("gap_id", ForeignKey("gaps.id", ondelete="SET NULL"), index=True),
    Column("asked_generation", Integer, nullable=False),
    Column("answered", Boolean),  # empty until asked again
)

# Answers of agents that may become articles.
proposals = Table(
    "proposals",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("language", String(2)),
    Column("conversation_id", String(200)),
    Column("agent", String(200)),
    Column("times", Integer, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("article_id", String(200)),
    CheckConstraint("state in ('open', 'accepted', 'rejected')", name="proposal_state_known"),
    sqlite_autoincrement=True,
)

# Questions whose right answer the editors have written down; article_id is empty for those not to be answered.
golden = Table(
    "golden",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("question", Text, nullable=False),
    Column("language", String(2)),
    Column("article_id", String(200)),
)

# Warnings an editor has found to be none; the id is made of what they say about which articles.
dismissed_warnings = Table(
    "dismissed_warnings",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", String(200), nullable=False),
)
