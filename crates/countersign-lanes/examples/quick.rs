use countersign_core::{Algorithm, Key};
use countersign_lanes::{Lanes, Mac, Message};
use std::time::Instant;
fn main() {
    let mut lanes = Lanes::detect();
    for f in countersign_lanes::Feature::ALL { if std::env::var("NO").is_ok_and(|v| v.contains(&format!("{f:?}"))) { lanes = lanes.without(f); } }
    println!("{lanes:?}");
    // correctness
    let data: Vec<u8> = (0..100_000u32).map(|i| (i.wrapping_mul(2654435761) >> 13) as u8).collect();
    let mut seed = 1u64;
    let mut rnd = |n: usize| { seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); (seed >> 33) as usize % n };
    for round in 0..if std::env::var("SIZE").is_ok() { 3 } else { 300 } {
        let n = 1 + rnd(200);
        let keys: Vec<Key> = (0..n).map(|i| Key::hmac(Algorithm::ALL[rnd(6)], &data[i..i + 1 + rnd(150)]).unwrap()).collect();
        let parts: Vec<Vec<&[u8]>> = (0..n).map(|_| (0..rnd(4)).map(|_| { let l = [0, 5, 64, 200, 1300][rnd(5)]; let s = rnd(1000); &data[s..s + rnd(l + 1)] }).collect()).collect();
        let messages: Vec<Message> = keys.iter().zip(&parts).map(|(key, parts)| Message { key, parts }).collect();
        let mut macs = vec![Mac::empty(); n];
        lanes.mac_batch(&messages, &mut macs);
        for (m, mac) in messages.iter().zip(&macs) {
            let want = m.key.sign(m.parts).unwrap();
            let want = want.as_bytes();
            assert_eq!(&mac.as_bytes()[..want.len()], want, "{round} {:?} {:?}", m.key, m.parts.iter().map(|p| p.len()).collect::<Vec<_>>());
            assert!(mac.as_bytes()[want.len()..].iter().all(|b| *b == 0));
        }
    }
    println!("correct");
    let algorithms: Vec<String> = std::env::args().skip(1).collect();
    for algorithm in Algorithm::ALL {
        if !algorithms.is_empty() && !algorithms.iter().any(|a| a == algorithm.name()) { continue }
        print!("{:8}", algorithm.name());
        for size in [32usize, 256, 1024, 65536] {
            if std::env::var("SIZE").is_ok_and(|s| s != size.to_string()) { continue }
            let n: usize = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(512);
            let bodies: Vec<Vec<u8>> = (0..n).map(|i| data[i..].iter().cycle().take(size).copied().collect()).collect();
            let keys: Vec<Key> = (0..16).map(|i| Key::hmac(algorithm, &data[i..i + 32]).unwrap()).collect();
            let slices: Vec<[&[u8]; 1]> = bodies.iter().map(|b| [&b[..]]).collect();
            let messages: Vec<Message> = slices.iter().enumerate().map(|(i, s)| Message { key: &keys[i % 16], parts: s }).collect();
            let mut macs = vec![Mac::empty(); n];
            let mut best = f64::MAX;
            let mut single = f64::MAX;
            let rounds = (200_000_000 / (n * (size + 300))).clamp(3, 20000);
            for _ in 0..rounds {
                let t = Instant::now();
                lanes.mac_batch(&messages, &mut macs);
                best = best.min(t.elapsed().as_nanos() as f64 / n as f64);
            }
            if std::env::var("SINGLE").is_err() { print!("  {size}: {best:.1}"); continue }
            for _ in 0..(rounds / 4).max(2) {
                let t = Instant::now();
                for m in &messages { std::hint::black_box(m.key.sign(m.parts)); }
                single = single.min(t.elapsed().as_nanos() as f64 / n as f64);
            }
            print!("  {size}: {best:8.1} (single {single:8.1}, {:4.2}x)", single / best);
        }
        println!();
    }
}
