//! Columns of Arrow tables.

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

/// How many rows are under way at once in each thread. What is kept of a row while it is verified takes 64 bytes.
const PIECE: usize = 16 * 1024;

/// A code for a row without a body.
const NO_BODY: u8 = Rejection::MissingPart.code();

/// Verifies each row of `data`, whose columns have these names.
///
/// # Errors
/// `TypeError` for what has no Arrow interface and for columns of other types; `KeyError` for a column that is not there.
pub(crate) fn verify(
    verifier: &Verifier,
    data: &Bound<'_, PyAny>,
    signature: &str,
    body: &str,
    threads: i128,
) -> PyResult<Codes> {
    let (py, (batch, threads)) = (data.py(), batch::on(threads)?);
    let source = Source::of(data)?;
    // Whoever gives the batches may need the lock for it, in another thread.
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
        // Whoever wrote the table chose the names.
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
        // A row without a signature or without a body takes part, so that places agree, and is judged below.
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
