//! Tests of the crate's surface: bytes, text, builder and linker.

#[path = "it/link.rs"]
mod link;
#[path = "it/read_errors.rs"]
mod read_errors;
#[path = "it/round_trip.rs"]
mod round_trip;
#[path = "it/sample.rs"]
mod sample;
#[path = "it/spec.rs"]
mod spec;
#[path = "it/text.rs"]
mod text;
#[path = "it/text_errors.rs"]
mod text_errors;
