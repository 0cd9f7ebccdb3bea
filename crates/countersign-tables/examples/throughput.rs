//! Rows a second into SQLite, both formats, with random and with time-ordered ids. Every run ends with the count of what is there.
//!
//! `cargo run --release -p countersign-tables --example throughput -- [ROWS] [EVENTS A LOAD] [ROWS BEFORE] [FOLDER] [WORD]`
//!
//! Events have about 1 KiB: 14 keys, a nested object and an array. ROWS BEFORE are loaded first and not measured. The folder should
//! be on the disk in question, which /tmp may not be. With a word, such as `random`, only the lines that have it are measured.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use countersign_tables::{Destination, Event, Format, Run, Sqlite, Table, TableState, append};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u32| arguments.next().map_or(Ok(default), |text| text.parse());
    let (rows, a_load, before) = (number(400_000)?.into(), number(100_000)? as usize, number(0)?.into());
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let word = arguments.next().unwrap_or_default();
    println!("{rows} rows, {a_load} events a load, {before} rows before");
    for format in [Format::Packed, Format::Unpacked] {
        for is_ordered in [true, false] {
            let label = format!("{:8} {:12} ids", format.name(), if is_ordered { "time-ordered" } else { "random" });
            if !label.contains(&word) {
                continue;
            }
            let folder = tempfile::tempdir_in(&folder)?;
            let bench = Bench { folder: folder.path(), format, is_ordered, a_load };
            let (rate, processor) = bench.run(rows, before)?;
            println!("{label}: {rate:7.0} rows/s, {processor:4.1} µs of a processor a row");
        }
    }
    Ok(())
}

struct Bench<'a> {
    folder: &'a Path,
    format: Format,
    is_ordered: bool,
    a_load: usize,
}

impl Bench<'_> {
    /// Rows a second, and microseconds of a processor for a row.
    fn run(&self, rows: u64, before: u64) -> Result<(f64, f64), Box<dyn Error>> {
        let mut sqlite = Sqlite::new(self.folder);
        let table = Table::new("bench", "events", self.format);
        let mut state = sqlite.open_table("bench", &table, &[])?;
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let (mut seq, mut measured) = (0, 0);
        let (mut spent, mut processor) = (Duration::ZERO, Duration::ZERO);
        while seq < before + rows {
            let took = self.load(&mut sqlite, &mut state, &mut random, &mut seq)?;
            if seq > before {
                spent += took.0;
                processor += took.1;
                measured += self.a_load;
            }
        }
        drop(sqlite);
        let reader = rusqlite::Connection::open(self.folder.join("bench.db"))?;
        let count: i64 = reader.query_row("SELECT count(*) FROM events", [], |row| row.get(0))?;
        assert_eq!(count, i64::try_from(seq)?, "every event has its row");
        let measured = u32::try_from(measured).map(f64::from)?;
        Ok((measured / spent.as_secs_f64(), processor.as_secs_f64() * 1e6 / measured))
    }

    /// One load; how long it took, and how long of that a processor. Making the events is not counted.
    fn load(
        &self,
        sqlite: &mut Sqlite,
        state: &mut TableState,
        random: &mut Random,
        seq: &mut u64,
    ) -> Result<(Duration, Duration), Box<dyn Error>> {
        let mut made = Vec::with_capacity(self.a_load);
        for _ in 0..self.a_load {
            *seq += 1;
            let mut id = u128::from(random.next()) << 64 | u128::from(random.next());
            if self.is_ordered {
                id = id >> 48 | u128::from(*seq) << 80;
            }
            made.push((*seq, id.to_be_bytes(), body(*seq, random)));
        }
        let events: Vec<Event<'_>> = made
            .iter()
            .map(|(seq, id, body)| Event {
                seq: *seq,
                id: *id,
                received_at: 1_764_374_400_000_000 + i64::try_from(*seq).unwrap_or(0) * 100,
                content_type: Some("application/json"),
                content_encoding: None,
                is_query: false,
                body: body.as_bytes(),
            })
            .collect();
        let run = Run { log: [1; 16], last_seq: *seq, events: &events };
        let (start, processor) = (Instant::now(), processor_time());
        let committed = append(sqlite, state, &run, 1_764_374_500_000_000)?;
        assert_eq!(committed.rows, events.len() as u64);
        Ok((start.elapsed(), processor_time().saturating_sub(processor)))
    }
}

fn body(seq: u64, random: &mut Random) -> String {
    let hex = |random: &mut Random| format!("{:016x}{:016x}", random.next(), random.next());
    let (customer, token, note) = (hex(random), hex(random), hex(random).repeat(9));
    format!(
        r#"{{"id":"evt_{seq}","type":"order.paid","created":{},"livemode":true,"apiVersion":"2026-11-01","customerId":"{customer}","currency":"eur","amount":{},"taxRate":0.19,"discount":null,"shippingAddress":{{"line1":"Example Street 7","city":"Berlin","postalCode":"10115","country":"DE"}},"items":[{{"sku":"A-{}","quantity":2,"price":19.90}},{{"sku":"B-{}","quantity":1,"price":5.00}}],"token":"{token}","note":"{note}","pendingWebhooks":1}}"#,
        1_764_374_400 + seq,
        random.next() % 100_000,
        random.next() % 1_000,
        random.next() % 1_000,
    )
}

/// What this process has taken of a processor, in hundredths of a second; only Linux tells.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name in parentheses, the 12th and 13th field are the ticks in and outside of the program.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// SplitMix64, so that every run has the same events.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
