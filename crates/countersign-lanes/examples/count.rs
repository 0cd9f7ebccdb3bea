use countersign_core::{Algorithm, Key};
use countersign_lanes::{Lanes, Mac, Message};
fn main() {
    let size: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let lanes = Lanes::detect().without(countersign_lanes::Feature::ShaNi);
    let body = vec![7u8; size];
    let keys: Vec<Key> = (0..16u8).map(|i| Key::hmac(Algorithm::Sha256, &[i + 1; 32]).unwrap()).collect();
    let part = [&body[..]];
    let messages: Vec<Message> = (0..512).map(|i| Message { key: &keys[i % 16], parts: &part }).collect();
    let mut macs = vec![Mac::empty(); 512];
    for _ in 0..10 { lanes.mac_batch(&messages, &mut macs); }
}
