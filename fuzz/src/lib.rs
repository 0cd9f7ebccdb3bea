//! What the fuzz targets do with an input, apart from libFuzzer, so that an ordinary test can do the same.
//!
//! Every target is a module with `run(data)`. It panics if its claim does not hold, and otherwise tells the number of
//! the verdict, so that the replay can see that the seeds reach every verdict. `None`: the data made no input.

pub mod batch;
pub mod c_calls;
pub mod connection;
pub mod cut;
pub mod decode;
pub mod delivery_id;
pub mod forgery;
pub mod function;
pub mod headers;
pub mod inbox;
mod line;
pub mod macs;
pub mod message;
pub mod ndjson;
mod plain;
/// What looks for a second cut, which the tests of the library do too.
#[path = "../../crates/countersign/tests/support/cut.rs"]
mod recut;
/// The plain verifier of the core's own tests.
#[path = "../../crates/countersign-core/tests/oracle/reference.rs"]
mod reference;
pub mod scheme;
pub mod scheme_json;
mod setting;
pub mod signature;
pub mod stream;
pub mod tables;
pub mod timestamp;

use countersign_core::Algorithm;
use hmac::{Hmac, KeyInit, Mac};

/// The tag that the `hmac` crate makes. The plain verifier asks for it here.
fn tag(algorithm: Algorithm, secret: &[u8], body: &[u8]) -> Vec<u8> {
    fn with<M: Mac + KeyInit>(secret: &[u8], body: &[u8]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(secret).expect("HMAC takes secrets of any length");
        mac.update(body);
        mac.finalize().into_bytes().to_vec()
    }
    match algorithm {
        Algorithm::Md5 => with::<Hmac<md5::Md5>>(secret, body),
        Algorithm::Sha1 => with::<Hmac<sha1::Sha1>>(secret, body),
        Algorithm::Sha224 => with::<Hmac<sha2::Sha224>>(secret, body),
        Algorithm::Sha256 => with::<Hmac<sha2::Sha256>>(secret, body),
        Algorithm::Sha384 => with::<Hmac<sha2::Sha384>>(secret, body),
        Algorithm::Sha512 => with::<Hmac<sha2::Sha512>>(secret, body),
    }
}

/// The `main` of a target: libFuzzer's, or without it one that runs the files it is given, for use with a debugger.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            let _ = countersign_fuzz::$name::run(data);
        });

        /// In place of the system's: no random bytes, so that hash maps have the same order each time, and a run of the
        /// target can be repeated.
        ///
        /// # Safety
        /// `buffer` has room for `len` bytes.
        #[cfg(fuzzing)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn getrandom(buffer: *mut u8, len: usize, _flags: u32) -> isize {
            // SAFETY: as above.
            unsafe { buffer.write_bytes(7, len) };
            isize::try_from(len).unwrap_or(isize::MAX)
        }

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            for path in std::env::args_os().skip(1) {
                let verdict = countersign_fuzz::$name::run(&std::fs::read(&path)?);
                println!("{}: {verdict:?}", path.display());
            }
            Ok(())
        }
    };
}
