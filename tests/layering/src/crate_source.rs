//! The modules of a crate, and which of them each imports.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::paths;

/// A module that has a file of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its path from the root, such as `["verify", "claim"]`.
    pub path: Vec<String>,
    /// Its source.
    pub text: String,
}

/// A crate, as the modules below its root. The root itself only lists them and re-exports.
#[derive(Debug)]
pub struct CrateSource {
    modules: Vec<Module>,
}

impl CrateSource {
    /// Reads all modules below `folder`, the `src` of a crate.
    ///
    /// # Panics
    /// If a file cannot be read.
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let (mut folders, mut files) = (vec![folder.to_owned()], Vec::<PathBuf>::new());
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
                let path = entry.expect("a folder can be listed").path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        let roots = [folder.join("lib.rs"), folder.join("main.rs")];
        files.retain(|file| file.extension().is_some_and(|ending| ending == "rs") && !roots.contains(file));
        files.sort();
        let module = |file: &PathBuf| {
            let inside = file.with_extension("");
            let inside = inside.strip_prefix(folder).expect("the file is in the folder");
            let path = inside.iter().map(|name| name.to_string_lossy().into_owned()).collect();
            Module { path, text: fs::read_to_string(file).expect("a source file is text") }
        };
        Self { modules: files.iter().map(module).collect() }
    }

    /// A crate that is not in files, for tests.
    #[must_use]
    pub fn of(modules: Vec<Module>) -> Self {
        Self { modules }
    }

    /// The modules, sorted by path.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The paths of the modules that `module` imports: of each import, the longest beginning that is a module. Empty for what
    /// is imported from the root.
    #[must_use]
    pub fn imports(&self, module: &Module) -> Vec<Vec<String>> {
        let absolute = |path: Vec<String>| {
            let supers = path.iter().take_while(|name| *name == "super").count();
            let mut base = match supers {
                0 => Vec::new(),
                up => module.path[..module.path.len().saturating_sub(up)].to_vec(),
            };
            base.extend(path.into_iter().skip(supers.max(1)));
            base
        };
        let is_module = |path: &[String]| self.modules.iter().any(|module| module.path == path);
        paths(&module.text)
            .into_iter()
            .map(absolute)
            .map(|mut path| {
                while !path.is_empty() && !is_module(&path) {
                    path.pop();
                }
                path
            })
            .collect()
    }

    /// In each folder, the modules that import each other, directly or by way of others of that folder. What is below a module
    /// belongs to it. Each circle is a sentence.
    #[must_use]
    pub fn circles(&self) -> Vec<String> {
        // For each folder, who imports whom.
        let mut folders: BTreeMap<&[String], BTreeMap<String, Vec<String>>> = BTreeMap::new();
        let all: Vec<_> = self.modules.iter().map(|module| (module, self.imports(module))).collect();
        for (module, imports) in &all {
            for import in imports {
                let common = module.path.iter().zip(import).take_while(|(one, other)| one == other).count();
                if let (Some(own), Some(theirs)) = (module.path.get(common), import.get(common)) {
                    let edges = folders.entry(&module.path[..common]).or_default();
                    edges.entry(own.clone()).or_default().push(theirs.clone());
                }
            }
        }
        let circles = folders.into_iter().filter_map(|(folder, mut imports)| {
            // What imports nothing, or is imported by nothing, is taken away until only circles are left.
            while let Some(outside) = outside_of_circles(&imports) {
                imports.remove(&outside);
            }
            let names: Vec<_> = imports.keys().cloned().collect();
            let folder = if folder.is_empty() { "the root".to_owned() } else { folder.join("::") };
            (!names.is_empty()).then(|| format!("in {folder}: {} import each other", names.join(", ")))
        });
        circles.collect()
    }
}

/// A module that imports none of the others, or that none of the others imports.
fn outside_of_circles(imports: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let is_outside = |(name, edges): &(&String, &Vec<String>)| {
        !edges.iter().any(|edge| imports.contains_key(edge)) || !imports.values().flatten().any(|edge| edge == *name)
    };
    imports.iter().find(is_outside).map(|(name, _)| name.clone())
}
