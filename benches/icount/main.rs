//! How many instructions the main ways through the code take, under callgrind. `scripts/test-icount` compares them with
//! `limits.txt`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark, not an interface")]

mod work;

use countersign::Algorithm::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use countersign::Encoding::{Base64, HexaDecimal};
use gungraun::prelude::*;

use work::{Work, batch, claim, core, judge, preset, stream, verify};

// One delivery, header text to verdict: every algorithm, short and long.
#[library_benchmark]
#[bench::verify_md5_32(args = (Md5, HexaDecimal, 32), setup = verify)]
#[bench::verify_sha1_32(args = (Sha1, HexaDecimal, 32), setup = verify)]
#[bench::verify_sha224_32(args = (Sha224, HexaDecimal, 32), setup = verify)]
#[bench::verify_sha256_32(args = (Sha256, HexaDecimal, 32), setup = verify)]
#[bench::verify_sha384_32(args = (Sha384, HexaDecimal, 32), setup = verify)]
#[bench::verify_sha512_32(args = (Sha512, HexaDecimal, 32), setup = verify)]
#[bench::verify_md5_4096(args = (Md5, HexaDecimal, 4096), setup = verify)]
#[bench::verify_sha1_4096(args = (Sha1, HexaDecimal, 4096), setup = verify)]
#[bench::verify_sha256_4096(args = (Sha256, HexaDecimal, 4096), setup = verify)]
#[bench::verify_sha512_4096(args = (Sha512, HexaDecimal, 4096), setup = verify)]
#[bench::verify_base64_32(args = (Sha256, Base64, 32), setup = verify)]
#[bench::core_sha256_32(args = (Sha256, HexaDecimal, 32), setup = core)]
// What stands around the MAC, where a slip would be lost beside it.
#[bench::claim_hex(args = (Sha256, HexaDecimal), setup = claim)]
#[bench::claim_hex_long(args = (Sha512, HexaDecimal), setup = claim)]
#[bench::claim_base64(args = (Sha256, Base64), setup = claim)]
#[bench::judge_sha256(args = (Sha256), setup = judge)]
// Whole deliveries, a body in pieces, and batches.
#[bench::preset_github(args = ("github"), setup = preset)]
#[bench::preset_stripe(args = ("stripe"), setup = preset)]
#[bench::preset_standard(args = ("standard-webhooks"), setup = preset)]
#[bench::stream_sha256(args = (Sha256), setup = stream)]
#[bench::batch_md5(args = (Md5), setup = batch)]
#[bench::batch_sha1(args = (Sha1), setup = batch)]
#[bench::batch_sha256(args = (Sha256), setup = batch)]
#[bench::batch_sha512(args = (Sha512), setup = batch)]
fn count(work: Work) -> Work {
    let mut work = work;
    work();
    // What was made ready is taken away outside, where nothing is counted.
    work
}

library_benchmark_group!(name = ways, benchmarks = [count]);
main!(library_benchmark_groups = ways);
