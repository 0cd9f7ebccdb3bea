//! HMACs of many messages: ns a message, beside what could be used instead, in rounds that take turns.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "a benchmark, not an interface")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "figures for people; any bytes will do"
)]

mod contestants;
mod table;
mod work;

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use countersign_core::Algorithm;
use countersign_lanes::{Feature, Lanes};

use contestants::Contestant;
use table::Table;
use work::Work;

#[derive(Parser)]
#[command(
    about = "HMACs of many messages: ns a message, the least of many rounds, and how much that is of intel-ipsec-mb"
)]
struct Options {
    /// How many messages at a time
    #[arg(long, value_delimiter = ',', default_value = "512")]
    batches: Vec<usize>,
    /// Bytes of a message
    #[arg(long, value_delimiter = ',', default_value = "32,256,1024,65536")]
    sizes: Vec<usize>,
    /// MD5, SHA_1, SHA_224, SHA_256, SHA_384, SHA_512
    #[arg(long, value_delimiter = ',', value_parser = algorithm, default_value = "MD5,SHA_1,SHA_224,SHA_256,SHA_384,SHA_512")]
    algorithms: Vec<Algorithm>,
    /// Messages of up to 20 blocks in one batch, beside as many blocks in messages of equal length
    #[arg(long)]
    mixed: bool,
    /// Milliseconds for each batch of each contestant
    #[arg(long, default_value_t = 150)]
    milliseconds: u64,
    /// Only these contestants
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// As on a processor without Avx512, Avx2, ShaNi, Neon
    #[arg(long, value_delimiter = ',', value_parser = feature)]
    without: Vec<Feature>,
    /// Write the figures into this file too, as a JSON array of objects
    #[arg(long, value_name = "FILE", conflicts_with = "mixed")]
    json: Option<PathBuf>,
    /// Given by cargo when it is a benchmark that is wanted, and not a test
    #[arg(long, hide = true)]
    bench: bool,
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    Algorithm::from_name(name).ok_or_else(|| format!("one of {}", Algorithm::ALL.map(Algorithm::name).join(", ")))
}

fn feature(name: &str) -> Result<Feature, String> {
    let named = |feature: &Feature| format!("{feature:?}") == name;
    Feature::ALL.into_iter().find(named).ok_or_else(|| format!("one of {:?}", Feature::ALL))
}

fn main() {
    let options = Options::parse();
    if !options.bench {
        // As a test: all agree, on few messages.
        for algorithm in Algorithm::ALL {
            for work in [Work::equal(algorithm, 100, 70), Work::mixed(algorithm, 60)] {
                drop(entrants(&work, &options));
            }
        }
        return;
    }
    let mut figures = Vec::new();
    for &algorithm in &options.algorithms {
        if options.mixed {
            mixed(algorithm, &options);
            continue;
        }
        for &batch in &options.batches {
            let mut table = Table::new(format!("{algorithm}, {batch} at a time: ns a message"), options.sizes.clone());
            for &size in &options.sizes {
                let work = Work::equal(algorithm, size, batch);
                for (name, least) in measure(&work, &options) {
                    let ns = least / batch as f64;
                    table.add(size, name, ns);
                    figures.push(serde_json::json!({
                        "algorithm": algorithm.name(), "at_a_time": batch, "size": size, "contestant": name, "ns": ns
                    }));
                }
            }
            print!("{table}");
        }
    }
    if let Some(path) = &options.json {
        let text = serde_json::Value::from(figures).to_string();
        std::fs::write(path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }
}

/// Mixed lengths beside equal ones, ns a block of all messages.
fn mixed(algorithm: Algorithm, options: &Options) {
    println!("{algorithm}, messages of mixed lengths: ns a block, and the share of the rate with equal lengths");
    for &batch in &options.batches {
        let mixed = Work::mixed(algorithm, batch);
        let equal = Work::with_blocks(algorithm, batch, mixed.blocks() / batch);
        let equal: Vec<_> = measure(&equal, options).into_iter().map(|(_, ns)| ns / equal.blocks() as f64).collect();
        for ((name, ns), equal) in measure(&mixed, options).into_iter().zip(equal) {
            let ns = ns / mixed.blocks() as f64;
            println!("{batch:>6} at a time  {name:<28} {ns:>8.1}, equal {equal:>8.1}: {:>4.0} %", 100.0 * equal / ns);
        }
    }
}

/// The contestants that can do the work, all of which have been seen to give the same tags.
fn entrants<'w>(work: &'w Work, options: &Options) -> Vec<Box<dyn Contestant + 'w>> {
    let lanes = options.without.iter().fold(Lanes::detect(), |lanes, feature| lanes.without(*feature));
    let mut entrants = contestants::all(work, lanes);
    entrants.retain(|entrant| options.only.is_empty() || options.only.iter().any(|only| entrant.name().contains(only)));
    for entrant in &mut entrants {
        entrant.run();
        assert!(entrant.agrees(work.tags()), "{}: another tag than the others, {}", entrant.name(), work.algorithm());
    }
    entrants
}

/// The least time of each contestant for the whole work, in ns.
fn measure(work: &Work, options: &Options) -> Vec<(&'static str, f64)> {
    let mut entrants = entrants(work, options);
    let mut least = vec![f64::INFINITY; entrants.len()];
    let begin = Instant::now();
    let time = options.milliseconds * entrants.len() as u64;
    let mut rounds = 0;
    while rounds < 5 || begin.elapsed().as_millis() < u128::from(time) {
        for (entrant, least) in entrants.iter_mut().zip(&mut least) {
            let start = Instant::now();
            entrant.run();
            *least = least.min(start.elapsed().as_nanos() as f64);
        }
        rounds += 1;
    }
    entrants.iter().map(|entrant| entrant.name()).zip(least).collect()
}
