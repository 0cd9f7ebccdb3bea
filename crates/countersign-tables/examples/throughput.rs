//! Rows a second into SQLite, both formats, with random and with time-ordered ids. Every run ends with the count of what is there.
//!
//! `cargo run --release -p countersign-tables --example throughput -- [ROWS] [EVENTS A LOAD] [ROWS BEFORE] [FOLDER] [WORD]`
//!
//! Events have about 1 KiB: 14 keys, a nested object and an array. ROWS BEFORE are written first by SQL, with random ids, and not
//! measured: ten millions take 14 GB. The folder should be on the disk in question, which /tmp may not be. With a word, such as
//! `random`, only the lines that have it are measured.

#![allow(clippy::cast_precision_loss, reason = "rates for people")]

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
            let Cost { rate, processor, written } = bench.run(rows, before)?;
            println!(
                "{label}: {rate:7.0} rows/s, {processor:4.1} µs of a processor and {written:5.0} bytes to the disk a row"
            );
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

/// What a row costs.
struct Cost {
    /// Rows a second.
    rate: f64,
    /// Microseconds of a processor.
    processor: f64,
    /// Bytes that were handed to the disk.
    written: f64,
}

impl Bench<'_> {
    fn run(&self, rows: u64, before: u64) -> Result<Cost, Box<dyn Error>> {
        let mut sqlite = Sqlite::new(self.folder);
        let table = Table::new("bench", "events", self.format);
        let mut state = sqlite.open_table("bench", &table, &[])?;
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut seq = 0;
        if before > 0 {
            self.load(&mut sqlite, &mut state, &mut random, &mut seq)?;
            self.fill(before.saturating_sub(seq))?;
        }
        let before = before.max(seq);
        let first = seq;
        let (mut spent, mut processor, start) = (Duration::ZERO, Duration::ZERO, written_bytes());
        while seq < first + rows {
            let took = self.load(&mut sqlite, &mut state, &mut random, &mut seq)?;
            spent += took.0;
            processor += took.1;
        }
        let written = written_bytes().saturating_sub(start);
        drop(sqlite);
        let count: i64 = self.reader()?.query_row("SELECT count(*) FROM events", [], |row| row.get(0))?;
        let measured = seq - first;
        assert_eq!(count, i64::try_from(before + measured)?, "every event has its row");
        let per_row = |sum: f64| sum / measured as f64;
        Ok(Cost {
            rate: 1.0 / per_row(spent.as_secs_f64()),
            processor: per_row(processor.as_secs_f64() * 1e6),
            written: per_row(written as f64),
        })
    }

    fn reader(&self) -> rusqlite::Result<rusqlite::Connection> {
        rusqlite::Connection::open(self.folder.join("bench.db"))
    }

    /// Copies rows that are there under random ids, until there are so many more.
    fn fill(&self, mut rows: u64) -> Result<(), Box<dyn Error>> {
        // As loads are: sorted by id, so many at once that it takes no hours.
        const AT_ONCE: u64 = 1_000_000;
        let db = self.reader()?;
        db.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY")?;
        let columns: Vec<String> = db
            .prepare("SELECT '\"' || name || '\"' FROM pragma_table_info('events') WHERE name <> '_id'")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let columns = columns.join(", ");
        let sql = format!(
            "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?1),
             ids AS MATERIALIZED (SELECT lower(hex(randomblob(16))) AS hex, number FROM numbers ORDER BY 1)
             INSERT INTO events (_id, {columns})
             SELECT substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-' || substr(hex, 13, 4) || '-' || substr(hex, 17, 4) || '-'
                 || substr(hex, 21), {columns} FROM ids CROSS JOIN events AS source ON source.rowid = 1 + number % 1000"
        );
        while rows > 0 {
            let now = rows.min(AT_ONCE);
            db.execute(&sql, [i64::try_from(now)?])?;
            rows -= now;
        }
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
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

/// What this process has handed to the disk; only Linux tells.
fn written_bytes() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok()).unwrap_or(0)
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
