//! The collector, as programs see it.
