//! The steps that make the tables of keys, of the audit and of the master key. What reads them is above the metadata, so they stand here.

/// Which master key secrets are sealed with.
pub(super) const MASTER_KEY: &str = "
    CREATE TABLE master_key (
        only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
        id   BLOB NOT NULL
    ) STRICT;
";

/// The keys of the management API.
pub(super) const KEYS: &str = r#"
    CREATE TABLE keys (
        id         TEXT NOT NULL PRIMARY KEY,
        hash       BLOB NOT NULL,
        scope      TEXT NOT NULL,
        "group"    TEXT,
        created_at INTEGER NOT NULL,
        expires_at INTEGER,
        used_day   INTEGER
    ) STRICT, WITHOUT ROWID;
"#;

/// Who changed what.
pub(super) const AUDIT: &str = "
    CREATE TABLE audit (
        number  INTEGER NOT NULL PRIMARY KEY,
        at      INTEGER NOT NULL,
        actor   TEXT NOT NULL,
        action  TEXT NOT NULL,
        subject TEXT,
        fields  TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_at ON audit (at);
";
