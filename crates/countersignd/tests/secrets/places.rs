//! What is looked for, and where.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use flate2::read::MultiGzDecoder;

use crate::support::program::{output, program};

/// A secret, and the ways in which it may be written.
pub(crate) struct Planted {
    pub(crate) name: String,
    forms: Vec<Vec<u8>>,
}

impl Planted {
    pub(crate) fn new(name: &str, secret: &[u8]) -> Self {
        let hex = secret.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let mut forms = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
        // Wherever it begins in what was encoded, some digits are the same.
        for shift in 0..3 {
            let padded = [&vec![0; shift][..], secret].concat();
            for engine in [&STANDARD, &URL_SAFE] {
                let text = engine.encode(&padded);
                let end = (8 * padded.len()) / 6;
                forms.push(text.as_bytes()[(8 * shift).div_ceil(6)..end].to_vec());
            }
        }
        Self { name: name.to_owned(), forms }
    }

    /// In which of these texts it is.
    pub(crate) fn is_in<'a>(&self, places: &'a [(String, Vec<u8>)]) -> Vec<&'a str> {
        let holds = |content: &[u8]| self.forms.iter().any(|form| memchr::memmem::find(content, form).is_some());
        places.iter().filter(|(_, content)| holds(content)).map(|(name, _)| name.as_str()).collect()
    }
}

/// All that was said and stored, by what it is.
#[derive(Default)]
pub(crate) struct Places(pub(crate) Vec<(String, Vec<u8>)>);

impl Places {
    pub(crate) fn add(&mut self, name: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.0.push((name.into(), content.into()));
    }

    pub(crate) fn run(&mut self, data: &Path, arguments: &[&str]) -> String {
        let mut command = program();
        command.args(arguments).arg("--data").arg(data).env("COUNTERSIGND_LOG", "trace");
        let (_, stdout, stderr) = output(command);
        self.add(format!("{arguments:?}"), format!("{stdout}{stderr}"));
        stdout
    }

    /// Adds an object or a file; if it is compressed, also as it is within.
    pub(crate) fn add_object(&mut self, name: &str, content: Vec<u8>) {
        match name.rsplit('.').next() {
            Some("zst") => self.add(name, zstd::decode_all(&content[..]).unwrap()),
            Some("gz") => {
                let mut within = Vec::new();
                MultiGzDecoder::new(&content[..]).read_to_end(&mut within).unwrap();
                self.add(name, within);
            }
            _ => {}
        }
        self.add(name, content);
    }

    /// Adds all files below a folder; what is compressed also as it is within.
    pub(crate) fn add_files(&mut self, folder: &Path, except: &[PathBuf]) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            self.add("a name", path.to_str().unwrap());
            if kind.is_dir() {
                self.add_files(&path, except);
            } else if kind.is_file() && !except.contains(&path) {
                // Segments are filled with zeros beforehand.
                let is_zero = |block: &&[u8]| block.iter().all(|byte| *byte == 0);
                let content = fs::read(&path).unwrap();
                let content = content.chunks(4096).filter(|block| !is_zero(block)).collect::<Vec<_>>().concat();
                self.add_object(path.to_str().unwrap(), content);
            }
        }
    }
}

#[test]
fn what_is_looked_for_is_found_in_each_form() {
    let secret = "a-secret+/?that";
    let planted = Planted::new("", secret.as_bytes());
    for content in [
        format!("x{secret}x"),
        secret.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")),
        secret.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}")),
        STANDARD.encode(secret),
        STANDARD.encode(format!("1{secret}")),
        URL_SAFE.encode(format!("12{secret}345")),
        STANDARD.encode(format!("key:{secret}")),
    ] {
        assert_eq!(planted.is_in(&[("here".to_owned(), content.clone().into_bytes())]), ["here"], "{content}");
    }
    assert_eq!(planted.is_in(&[("here".to_owned(), b"a-secret".to_vec())]), [""; 0]);
}
