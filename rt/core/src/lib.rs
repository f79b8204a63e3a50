//! The Vitte runtime: heap, collector, processes, exceptions, natives, FFI.
