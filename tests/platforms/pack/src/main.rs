//! Packs the test vectors that the core can judge, for machines that read no JSON.
//!
//! usage: countersign-pack FILE
//!
//! The file holds, for each vector, its length in four bytes (little-endian) and the packed vector. What is left out is said
//! and counted by its reason: nothing is passed over in silence.

mod setting;

use std::process::ExitCode;
use std::{env, fs};

use countersign::{Algorithm, ConfigErrorKind, Rejection};
use countersign_packed::{LONGEST, List, Scheme, Secret, Vector, Verdict};
use countersign_vectors::Vector as Json;

use crate::setting::{LeftOut, Setting};

fn main() -> ExitCode {
    let Some(path) = env::args_os().nth(1) else {
        eprintln!("usage: countersign-pack FILE");
        return ExitCode::from(2);
    };
    let vectors = countersign_vectors::all();
    let (mut packed, mut count, mut configurations, mut functions, mut refused) = (Vec::new(), 0, 0, 0, 0);
    for (file, vector) in &vectors {
        match Setting::of(&vector.verifier) {
            // Refused by the library alone, or by the core too.
            Ok(setting) if setting.refuses_tokens && vector.expect == "mismatch" => refused += 1,
            Ok(setting) => {
                let Some(()) = append(&mut packed, vector, &setting) else {
                    eprintln!("{file}: {}: does not fit the packed form; see tests/platforms/packed", vector.id);
                    return ExitCode::FAILURE;
                };
                count += 1;
            }
            Err(LeftOut::Function) => functions += 1,
            // Only what is no verifier at all may be left to the reader of JSON.
            Err(LeftOut::Configuration(kind)) if kind.name() == vector.expect => configurations += 1,
            Err(LeftOut::Configuration(kind)) => {
                eprintln!("{file}: {}: {} and not {}", vector.id, kind.name(), vector.expect);
                return ExitCode::FAILURE;
            }
        }
    }
    if let Err(error) = fs::write(&path, &packed) {
        eprintln!("{}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    println!(
        "{count} vectors packed; {configurations} configurations left out, which the reader of JSON refuses, {functions} \
         deliveries for which the library makes what is signed, with a heap, and {refused} deliveries under schemes \
         whose handshake signs a body, which the library may be alone in refusing"
    );
    ExitCode::SUCCESS
}

/// Puts a vector behind the others; `None` if one of its parts has no room.
fn append(packed: &mut Vec<u8>, vector: &Json, setting: &Setting) -> Option<()> {
    let delivery = &vector.delivery;
    let index = |name: &str| {
        let at = Algorithm::ALL.iter().position(|algorithm| algorithm.name() == name);
        at.and_then(|at| u8::try_from(at).ok())
    };
    let packable = Vector {
        id: &vector.id,
        scheme: Scheme::of(&setting.scheme)?,
        accept: list(setting.accept.iter().filter_map(|algorithm| index(algorithm.name())))?,
        secrets: list(setting.secrets.iter().map(|secret| Secret {
            text: &secret.text,
            not_before: secret.not_before,
            not_after: secret.not_after,
        }))?,
        secret_form: setting.secret_form,
        method: delivery.method.as_deref().unwrap_or(""),
        url: delivery.url.as_deref().unwrap_or(""),
        headers: list(delivery.headers().into_iter())?,
        body: delivery.body(),
        now: delivery.received_at.unwrap_or(0).checked_mul(1000)?,
        expected: Verdict {
            code: code(&vector.expect)?,
            algorithm: vector.algorithm.as_deref().and_then(index),
            secret: vector.secret_index,
        },
    };
    let mut room = vec![0; LONGEST];
    let bytes = packable.write(&mut room)?;
    packed.extend(u32::try_from(bytes.len()).ok()?.to_le_bytes());
    packed.extend(bytes);
    Some(())
}

/// All items, if there is room for them.
fn list<T, const ROOM: usize>(items: impl Iterator<Item = T>) -> Option<List<T, ROOM>> {
    let mut list = List::new();
    for item in items {
        list.try_push(item).ok()?;
    }
    Some(list)
}

/// The number of a verdict.
fn code(name: &str) -> Option<u8> {
    use ConfigErrorKind::{EmptySecret, InvalidConfig, MalformedSecret, UnknownPreset, Unsupported};
    if name == "authentic" {
        return Some(0);
    }
    let rejections = Rejection::ALL.map(|rejection| (rejection.name(), rejection.code()));
    let faults = [EmptySecret, MalformedSecret, InvalidConfig, UnknownPreset, Unsupported];
    let faults = faults.map(|kind| (kind.name(), kind.code()));
    rejections.into_iter().chain(faults).find(|(known, _)| *known == name).map(|(_, code)| code)
}
