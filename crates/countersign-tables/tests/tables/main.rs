//! Events go through both formats into real SQLite files and are read back: nothing is lost, and each is there once, whatever
//! happens to the file.

mod bodies;
mod changes;
mod contents;
mod corpus;
mod faults;
mod json;
mod killed;
mod law;
mod once;
mod oracle;
mod presets;
mod read;
mod warehouse;
