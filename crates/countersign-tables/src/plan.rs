//! The plan of an unpacked table: which key's values of which kind stand in which column. It only grows.

use std::collections::{HashMap, HashSet};

use crate::column::EXTRA;
use crate::names::{NAME_BYTES_MAX, cut, fold, natural, usable};
use crate::table::Naming;

/// The most columns that keys get. The values of further ones stand in `_extra`.
pub const COLUMNS_MAX: usize = 400;
/// The most bytes of a key that can have a column.
pub const KEY_BYTES_MAX: usize = 1_024;

/// What a column holds; nothing else ever stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text, integers of 64 bits, and doubles.
    Plain,
    /// True and false.
    Bool,
    /// JSON text: objects and arrays, and strings that are no text (a lone surrogate, or U+0000, which SQL does not take).
    Json,
    /// Numbers that no double keeps, as text.
    Number,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Plain, Self::Bool, Self::Json, Self::Number];

    /// As it stands in the plan, and in the names of a key's further columns.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Bool => "bool",
            Self::Json => "json",
            Self::Number => "number",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A column of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The key whose values it holds; `None` for `_extra`, an object of all that has no column.
    pub key: Option<String>,
    /// What it holds.
    pub kind: Kind,
    /// Its name in the table.
    pub name: String,
}

/// All columns for keys, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    columns: Vec<Column>,
    places: HashMap<String, [Option<usize>; 4]>,
    /// Names as a destination that ignores case sees them.
    taken: HashSet<String>,
    extra: Option<usize>,
}

impl Plan {
    /// The plan with these columns, beside which the table has columns with `other_names`.
    pub fn new(columns: impl IntoIterator<Item = Column>, other_names: impl IntoIterator<Item = String>) -> Self {
        let mut plan = Self::default();
        for column in columns {
            plan.push(column);
        }
        plan.taken.extend(other_names.into_iter().map(|name| fold(&name)));
        plan
    }

    /// The columns, without those that every table has.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn push(&mut self, column: Column) -> usize {
        let place = self.columns.len();
        self.taken.insert(fold(&column.name));
        match &column.key {
            Some(key) => self.places.entry(key.clone()).or_default()[column.kind as usize] = Some(place),
            None => self.extra = Some(place),
        }
        self.columns.push(column);
        place
    }

    /// The place of the column for values of `kind` under `key`.
    pub(crate) fn find(&self, key: &str, kind: Kind) -> Option<usize> {
        self.places.get(key).and_then(|places| places[kind as usize])
    }

    /// Adds that column, if there is room and a name for it.
    pub(crate) fn add(&mut self, key: &str, kind: Kind, naming: Naming) -> Option<usize> {
        let columns = self.columns.len() - usize::from(self.extra.is_some());
        if columns >= COLUMNS_MAX || !can_have_column(key) {
            return None;
        }
        let natural = natural(key, naming);
        let wanted = if self.places.contains_key(key) {
            let suffix = format!("__{}", kind.name());
            format!("{}{suffix}", cut(&natural, NAME_BYTES_MAX - suffix.len()))
        } else {
            natural.into_owned()
        };
        let name = usable(&wanted, key, |name| !self.taken.contains(&fold(name)))?;
        Some(self.push(Column { key: Some(key.to_owned()), kind, name }))
    }

    /// The place of `_extra`, which is added if it is not there.
    pub(crate) fn extra(&mut self) -> usize {
        self.extra.unwrap_or_else(|| self.push(Column { key: None, kind: Kind::Json, name: EXTRA.to_owned() }))
    }
}

/// Whether a column can be planned for this key at all.
fn can_have_column(key: &str) -> bool {
    key.len() <= KEY_BYTES_MAX && !key.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(plan: &Plan) -> Vec<&str> {
        plan.columns().iter().map(|column| &*column.name).collect()
    }

    #[test]
    fn the_first_kind_takes_the_name() {
        let mut plan = Plan::default();
        for (key, kind) in
            [("a", Kind::Json), ("a", Kind::Plain), ("a", Kind::Bool), ("a", Kind::Number), ("b", Kind::Number)]
        {
            assert_eq!(plan.find(key, kind), None);
            let place = plan.add(key, kind, Naming::Source).unwrap();
            assert_eq!(plan.find(key, kind), Some(place));
        }
        assert_eq!(names(&plan), ["a", "a__plain", "a__bool", "a__number", "b"]);
        // Read back, it is the same plan.
        let again = Plan::new(plan.columns().to_vec(), []);
        assert_eq!(again.find("a", Kind::Number), Some(3));
        assert_eq!(again.columns(), plan.columns());
    }

    #[test]
    fn no_two_columns_have_one_name() {
        let keys = [
            "a", "A", "a__bool", "", "_id", "_ID", "é", "É", "e", "userId", "user_id", "user__id", "x\u{1}", "notes",
            "_EXTRA", "event",
        ];
        for naming in [Naming::Source, Naming::Fivetran] {
            let mut plan = Plan::new([], ["Notes".to_owned(), "event".to_owned()]);
            plan.extra();
            for key in keys {
                for kind in Kind::ALL {
                    plan.add(key, kind, naming).unwrap();
                }
            }
            let folded: HashSet<String> = names(&plan).iter().map(|name| name.to_lowercase()).collect();
            assert_eq!(folded.len(), keys.len() * 4 + 1, "{:?}", names(&plan));
            for reserved in ["_id", "notes", "event", ""] {
                assert!(!folded.contains(reserved), "{reserved}");
            }
        }
    }

    #[test]
    fn there_is_an_end_to_columns() {
        let mut plan = Plan::default();
        let extra = plan.extra();
        for number in 0..COLUMNS_MAX {
            plan.add(&number.to_string(), Kind::Plain, Naming::Source).unwrap();
        }
        assert_eq!(plan.add("more", Kind::Plain, Naming::Source), None);
        assert_eq!(plan.add("0", Kind::Bool, Naming::Source), None);
        assert_eq!(plan.extra(), extra);
        assert_eq!(plan.columns().len(), COLUMNS_MAX + 1);
        let mut plan = Plan::default();
        assert_eq!(plan.add(&"k".repeat(KEY_BYTES_MAX + 1), Kind::Plain, Naming::Source), None);
        assert_eq!(plan.add("a\0", Kind::Plain, Naming::Source), None);
        let name = plan
            .add(&"k".repeat(KEY_BYTES_MAX), Kind::Plain, Naming::Source)
            .map(|place| plan.columns()[place].name.len());
        assert_eq!(name, Some(NAME_BYTES_MAX));
    }

    #[test]
    fn kinds_have_names() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::from_name("text"), None);
    }
}
