//! What a table is to be, as its connection says.

/// A table and how events become its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The schema's name.
    pub schema: String,
    /// The table's name.
    pub name: String,
    /// One column for an event, or one for each of its keys.
    pub format: Format,
    /// How a key becomes the name of a column. It matters for [`Format::Unpacked`] alone.
    pub naming: Naming,
    /// Whether keys that no column is there for get one. It matters for [`Format::Unpacked`] alone.
    pub schema_policy: SchemaPolicy,
    /// The field whose JSON stands for the whole body. The other fields are then in no row, but in the archive. A body without the
    /// field, or with something else in it, stays as it is.
    pub unwrap: Option<String>,
    /// Whether a body is lines of JSON, each of which is an element.
    pub ndjson: bool,
}

impl Table {
    /// A table as it is without further settings: no field is unwrapped, names are Fivetran's, columns are added.
    #[must_use]
    pub fn new(schema: &str, name: &str, format: Format) -> Self {
        Self {
            schema: schema.to_owned(),
            name: name.to_owned(),
            format,
            naming: Naming::Fivetran,
            schema_policy: SchemaPolicy::Evolve,
            unwrap: None,
            ndjson: false,
        }
    }

    /// The name of the table of its dead letters.
    #[must_use]
    pub fn dead_letters_name(&self) -> String {
        format!("{}{DEAD_LETTERS}", self.name)
    }
}

/// What the name of a table of dead letters ends with.
pub(crate) const DEAD_LETTERS: &str = "__dead_letters";

/// `sync_format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `Packed`: one column `event` with the JSON text.
    Packed,
    /// `Unpacked`: a column for each key of the outermost object.
    Unpacked,
}

impl Format {
    /// As it stands in a connection: `Packed`, `Unpacked`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Packed => "Packed",
            Self::Unpacked => "Unpacked",
        }
    }
}

/// `destination_schema_names`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `FIVETRAN_NAMING`: lower case, `a-z`, `0-9` and `_`; `camelCase` becomes `camel_case`, other scripts are transliterated.
    Fivetran,
    /// `SOURCE_NAMING`: the key itself.
    Source,
}

/// `schema_policy`. It counts when rows are made, not when an event is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaPolicy {
    /// `evolve`: a column is added for each new key and each new kind of value.
    Evolve,
    /// `freeze`: an event that needs a new column is a dead letter. A table without columns takes those of its first load.
    Freeze,
}
