//! The bodies that senders really send, from the vectors of every preset.

use std::collections::BTreeSet;

use countersign_tables::Format;

use crate::contents::{Delivery, id_text};
use crate::oracle::{check_packed, check_unpacked};
use crate::warehouse::Warehouse;

#[test]
fn the_bodies_of_every_preset_become_rows() {
    let mut presets = BTreeSet::new();
    let mut deliveries = Vec::new();
    for (_, vector) in countersign_vectors::all() {
        let countersign_vectors::Kind::Preset(preset) = vector.verifier.kind() else { continue };
        presets.insert(preset.to_owned());
        let headers = vector.delivery.headers();
        let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let is_form = content_type.is_some_and(|(_, value)| value.starts_with(b"application/x-www-form-urlencoded"));
        deliveries.push(Delivery {
            content_type: is_form.then_some("application/x-www-form-urlencoded"),
            ..Delivery::new(vector.delivery.body())
        });
    }
    assert!(presets.len() > 100 && deliveries.len() > 500, "{} presets, {} bodies", presets.len(), deliveries.len());
    for format in [Format::Packed, Format::Unpacked] {
        let mut warehouse = Warehouse::of(format);
        warehouse.load(&deliveries);
        let contents = warehouse.contents();
        let check = if format == Format::Packed { check_packed } else { check_unpacked };
        let mut rows = 0;
        for (number, delivery) in (1..).zip(&deliveries) {
            if delivery.content_type.is_none() {
                rows += check(&contents, number, delivery);
                continue;
            }
            // A form always has a row, unless its fields are no text.
            let key = (id_text(number), 0);
            let is_row = contents.packed.contains_key(&key) || contents.unpacked.contains_key(&key);
            assert!(is_row, "{}", String::from_utf8_lossy(&delivery.body));
            rows += 1;
        }
        println!("{}: {rows} of {} bodies", format.name(), deliveries.len());
        assert!(rows > 300, "{rows}");
    }
}
