//! Verifies columns of Arrow tables.

mod capsule;
mod codes;
mod column;

pub(crate) use codes::Codes;

use arrow_array::RecordBatch;
use countersign::{Batch, Rejection, Verdict, Verifier, printable};
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;

use crate::batch;
use capsule::Source;
use column::Column;

/// How many rows each thread processes at a time. A row takes 64 bytes while it is verified.
const PIECE: usize = 16 * 1024;

/// The code of a row without a body.
const NO_BODY: u8 = Rejection::MissingPart.code();

/// Verifies each row of `data`, in the columns with these names.
///
/// # Errors
/// `TypeError` for an object without the Arrow interface and for columns of other types; `KeyError` for a missing
/// column.
pub(crate) fn verify(
    verifier: &Verifier,
    data: &Bound<'_, PyAny>,
    signature: &str,
    body: &str,
    threads: i128,
) -> PyResult<Codes> {
    let (py, (batch, threads)) = (data.py(), batch::on(threads)?);
    let source = Source::of(data)?;
    // The source of the batches may need the GIL for them, in another thread.
    let codes = py.detach(|| -> PyResult<Vec<u8>> {
        let mut codes = Vec::new();
        for rows in source {
            let rows = rows?;
            let (signatures, bodies) = (column(&rows, signature)?, column(&rows, body)?);
            verify_rows(verifier, batch, threads, &signatures, &bodies, rows.num_rows(), &mut codes);
        }
        Ok(codes)
    })?;
    Ok(Codes::new(codes))
}

fn column<'a>(rows: &'a RecordBatch, name: &str) -> PyResult<Column<'a>> {
    let Some(array) = rows.column_by_name(name) else {
        // The author of the table chose the names.
        let names: Vec<_> =
            rows.schema_ref().fields().iter().map(|field| format!("\"{}\"", printable(field.name()))).collect();
        let message = format!("there is no column \"{}\"; there are {}", printable(name), names.join(", "));
        return Err(PyKeyError::new_err(message));
    };
    Column::of(array).ok_or_else(|| {
        PyTypeError::new_err(format!(
            "the column \"{}\" is of the type {}; it must be binary or text (large and view types too)",
            printable(name),
            printable(&array.data_type().to_string())
        ))
    })
}

fn verify_rows(
    verifier: &Verifier,
    batch: Batch,
    threads: usize,
    signatures: &Column<'_>,
    bodies: &Column<'_>,
    rows: usize,
    codes: &mut Vec<u8>,
) {
    let piece = PIECE.saturating_mul(threads).min(rows);
    let mut pairs = Vec::with_capacity(piece);
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(piece);
    let mut start = 0;
    while start < rows {
        let end = rows.min(start.saturating_add(piece));
        pairs.clear();
        // A row without a signature or body is included, so that places agree, and gets its code below.
        pairs.extend(
            (start..end)
                .map(|row| (verifier, signatures.get(row).unwrap_or_default(), bodies.get(row).unwrap_or_default())),
        );
        verdicts.clear();
        verdicts.resize(pairs.len(), Err(Rejection::MissingSignature));
        batch.verify_signatures(&pairs, &mut verdicts);
        codes.extend(verdicts.iter().zip(start..end).map(|(verdict, row)| {
            if signatures.get(row).is_none() {
                Rejection::MissingSignature.code()
            } else if bodies.get(row).is_none() {
                NO_BODY
            } else {
                verdict.map_or_else(Rejection::code, |_| 0)
            }
        }));
        start = end;
    }
}
