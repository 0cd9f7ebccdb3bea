//! Bodies go through both formats into a real SQLite file and are read back; nothing is lost.

mod bodies;
mod json;
mod law;
mod oracle;
mod presets;
mod warehouse;
